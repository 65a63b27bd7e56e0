import { randomBytes } from "node:crypto";
import { equalHex, sha256Hex } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import type { CredentialStore, FoundingEntry, FoundingUse } from "./credential-kinds.ts";
import type { CommittedHeads } from "./trail-incidents.ts";
import { openGeneration, type TrailMarkStore } from "./trail-marks.ts";

const SECRET_BYTES = 32;

/** A founding link that may still be used. */
export interface OpenFoundingLink {
  readonly founder: 1 | 2;
  /** Base64url of 32 bytes; it stands in the link's fragment. */
  readonly secret: string;
}

type Store = Pick<CredentialStore, "all" | "put">;

/** Makes the two links of a deployment that never had any. Where founding began, or ended, nothing happens. */
export function makeFoundingLinks(store: Store): void {
  if (store.all("founding").size > 0) return;
  for (const founder of [1, 2] as const) open(store, founder);
}

function open(store: Store, founder: 1 | 2): void {
  const secret = randomBytes(SECRET_BYTES).toString("base64url");
  store.put("founding", String(founder), { founder, sha256: sha256Hex(secret), secret, used: null });
}

/** Longer than the api keeps a transaction open; after this, an enrolment that isn't on the trail never will be. */
const SETTLE_MS = 600_000;

/**
 * Settles what founding links were used for: a founder whose enrolment is on the trail is one for good. One whose enrolment was rolled back
 * after the custodian had taken it in gets a new link, and what was taken in is forgotten: else a failure at the wrong moment would
 * leave a deployment with one founder for ever.
 *
 * @param isOnTrail - Whether this person's enrolment is committed. A throw leaves things as they are.
 */
export async function settleFoundingLinks(
  store: Pick<CredentialStore, "all" | "get" | "put" | "record" | "durable">,
  nowMs: number,
  isOnTrail: (person: string) => Promise<boolean>,
): Promise<void> {
  for (const [id, link] of store.all("founding")) {
    const { used, founder } = link;
    if (used === null || used.isSettled || nowMs - used.atMs < SETTLE_MS) continue;
    if (await isOnTrail(used.person)) {
      store.put("founding", id, { ...link, used: { ...used, isSettled: true } });
      continue;
    }
    open(store, founder);
    const credential = used.credentialId === null ? undefined : store.get("credential", used.credentialId);
    if (used.credentialId !== null && credential !== undefined) store.put("credential", used.credentialId, { ...credential, forgottenMs: nowMs });
    store.record("founding.reopened", `person/${used.person}`, `founder=${founder};why=the enrolment is not on the trail`);
  }
  await store.durable();
}

/** Founders who have yet to enrol. */
export const foundersLeft = (store: Store): number => [...store.all("founding").values()].filter(({ used }) => used === null).length;

/** The links that may still be used, secrets and all: for the supervisor, to print. */
export const openFoundingLinks = (store: Store): readonly OpenFoundingLink[] =>
  [...store.all("founding").values()].flatMap(({ founder, secret }) => (secret === null ? [] : [{ founder, secret }]));

/** The link with this secret, used or not; every one is compared, whichever it is. */
export function foundingLinkOf(store: Store, secret: string): FoundingEntry | null {
  const digest = sha256Hex(secret);
  const found = [...store.all("founding").values()].filter(({ sha256 }) => equalHex(sha256, digest));
  return found[0] ?? null;
}

/**
 * Uses a link up for this person and credential. The same again changes nothing, since its answer may have been lost.
 *
 * @throws `enrolment.invalid` for a secret that is none, was used otherwise, or would make one person both founders.
 */
export function useFoundingLink(store: Store, secret: string, used: FoundingUse): void {
  const link = foundingLinkOf(store, secret);
  if (link === null) throw new SallyportError("enrolment.invalid");
  if (link.used !== null) {
    if (link.used.person === used.person && link.used.credentialId === used.credentialId) return;
    throw new SallyportError("enrolment.invalid", { founder: link.founder });
  }
  if ([...store.all("founding").values()].some((other) => other.used?.person === used.person)) throw new SallyportError("enrolment.invalid", { founder: link.founder });
  store.put("founding", String(link.founder), { ...link, secret: null, used });
}

/** Whether the trail has this person's enrolment. It is read from its beginning, for the two founders, once each. */
export async function isEnrolled(store: Pick<TrailMarkStore, "get">, reader: Pick<CommittedHeads, "records">, person: string): Promise<boolean> {
  // As many generations as were opened, by whatever the database's head says.
  for (let generation = 1, last = openGeneration(store, "system"); generation <= last; generation++)
    for await (const batch of reader.records("system", generation, 1, Number.MAX_SAFE_INTEGER))
      if (batch.some(({ body }) => body.includes('"action":"enrol"') && body.includes(`"resource":"person/${person}"`))) return true;
  return false;
}
