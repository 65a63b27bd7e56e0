import {
  archivalText,
  type ArchivedGeneration,
  type Archived as ArchivedMark,
  type DeepVerdict,
  type GenerationLines,
  type NoteSigner,
  recordsFile,
  signNote,
  type Standing,
} from "@sallyport/audit";
import { sha256Hex } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import { countedApproval, type CountingRules } from "./approved-document.ts";
import type { CredentialStore } from "./credential-kinds.ts";
import type { ApproveAnswers, ApproveRequest } from "./model.ts";
import { type Archived, type Mark, markId, openGeneration, type TrailMarkStore } from "./trail-marks.ts";

/** The kind of approval that has a generation archived. */
const KIND = "trail.archive";
/** How long what was approved may be carried out. */
const USABLE_MS = 86_400_000;
const DAY_MS = 86_400_000;

/** What an archival is held against, each by itself. A test that shows what one is for leaves it out; production takes {@link strictArchivalRules}. */
export interface ArchivalRules extends CountingRules {
  /** The generation is closed. */
  readonly closed: boolean;
  /** It is as it was signed last, and what was approved says so. */
  readonly exact: boolean;
  /** No incident of the chain is open. */
  readonly incident: boolean;
  /** It ended as long ago as the deployment keeps its records at hand. */
  readonly age: boolean;
  /** All before it were archived. */
  readonly order: boolean;
  /** The manifest is the one that was approved, and lists the very records that stand there. */
  readonly manifest: boolean;
  /** They were verified just now, from the first, and are whole. */
  readonly whole: boolean;
  readonly inTime: boolean;
  /** Who asked proves it, by a credential that the custodian took in by itself. */
  readonly requester: boolean;
}
export const strictArchivalRules: ArchivalRules = {
  kind: true,
  enough: true,
  separation: true,
  proven: true,
  closed: true,
  exact: true,
  incident: true,
  age: true,
  order: true,
  manifest: true,
  whole: true,
  inTime: true,
  requester: true,
};

/** Port: has the database let go of the records of what was archived, and of what is made of them; once, all or none. It is asked again until it has. */
export type RemoveArchived = (archived: Archived) => Promise<void>;

export interface ArchivalOptions {
  readonly store: TrailMarkStore & Pick<CredentialStore, "all">;
  readonly deployment: string;
  readonly signer: NoteSigner;
  /** Verifies an assertion by a credential of this person over 32 bytes. @throws `stepup.failed`. */
  readonly prove: (person: string, digest: string, response: string) => Promise<Standing>;
  /** Verifies one generation from its first record, now, and reads it as a bundle has it. @throws `trail.unavailable`. */
  readonly verifyNow: (chain: string, generation: number) => Promise<DeepVerdict>;
  /** Days for which a closed generation's records stay at hand. */
  readonly archiveAfterDays: number;
  readonly now: () => number;
  readonly rules?: ArchivalRules | undefined;
}

/** The generations of a chain that were archived, from the first on, without a gap. */
export function archivedOf(store: Pick<TrailMarkStore, "get">, chain: string): readonly Archived[] {
  const found: Archived[] = [];
  for (let generation = 1; ; generation += 1) {
    const archived = store.get("archived", markId(chain, generation));
    if (archived === undefined) return found;
    found.push(archived);
  }
}

/** As a statement of an export names it. */
export const asStated = ({ generation, size, root, mac, manifest }: Archived): ArchivedGeneration => ({ generation, size, root, head: mac, manifest });
/** As a deep verification is told of it. */
export const asVerified = ({ chain, generation, size, mac, manifest, isGone }: Archived): ArchivedMark => ({ chain, generation, size, mac, manifest, isGone });

/**
 * Puts down that a closed generation was archived: two persons have said so, each by a passkey that the custodian holds, for a bundle whose manifest
 * lists the very records that stand there. Only then may the database let go of them. Asked again, it answers the same note.
 *
 * @throws `verb.refused` for whatever is missing; `stepup.failed`; `trail.unavailable`.
 */
export async function archiveGeneration(options: ArchivalOptions, request: Extract<ApproveRequest, { readonly kind: "archive" }>): Promise<ApproveAnswers["archive"]> {
  const { store, deployment, signer, prove, verifyNow, now, rules = strictArchivalRules } = options;
  const { statement, response, manifest } = request;
  const refused = (why: string): SallyportError => new SallyportError("verb.refused", { why, kind: KIND });
  const { said, digest, lastMs, persons } = countedApproval({ store, deployment, rules }, { kind: KIND, statement, refused });
  const { chain, generation: numbered, size, root, head, manifest: approved } = said.payload;
  const generation = Number(numbered);
  if (typeof chain !== "string" || !Number.isSafeInteger(generation) || generation < 1) throw refused("statement");
  const id = markId(chain, generation);
  const before = store.get("archived", id);
  // The same again gets the same answer: the first may have been lost on the way.
  if (before?.approval === digest) return { note: before.note };
  const mark = store.get("mark", id);
  if (mark === undefined || before?.isGone === true) throw refused("state");
  if (rules.closed && generation >= openGeneration(store, chain)) throw refused("open");
  const isExact = `${mark.size}` === size && mark.root === root && mark.mac === head;
  if (rules.exact && !isExact) throw refused("other generation");
  assertIdle(options, mark, refused);
  if (rules.inTime && now() >= lastMs + USABLE_MS) throw refused("time");
  if (rules.requester && (await prove(said.requestedByPerson, digest, response)) !== "proven") throw refused("requester");
  const { broken, lines, size: found } = await verifyNow(chain, generation);
  if (rules.whole && (broken !== null || found !== mark.size || lines?.root !== mark.root)) throw refused("broken");
  if (rules.manifest && (sha256Hex(manifest) !== approved || lines === undefined || !lists(manifest, generation, lines))) throw refused("manifest");
  // Reading took its time: what was found or put down meanwhile is nothing that was looked at.
  assertIdle(options, mark, refused);
  if (store.get("mark", id) !== mark || store.get("archived", id) !== before) throw refused("state");
  const at = new Date(now()).toISOString();
  const by = [said.requestedByPerson, ...persons];
  const times = { from: lines?.from ?? "-", to: lines?.to ?? "-" };
  const text = archivalText({
    v: 1,
    deployment,
    chain,
    generation,
    size: mark.size,
    root: mark.root,
    head: mark.mac,
    manifest: sha256Hex(manifest),
    ...times,
    at,
    approval: digest,
    by,
  });
  const note = signNote(text, signer);
  const archived = { chain, generation, size: mark.size, root: mark.root, mac: mark.mac, manifest: sha256Hex(manifest), ...times, at, approval: digest, by, note, isGone: false };
  store.put("archived", id, archived);
  const detail = `generation=${generation};size=${mark.size};head=${mark.mac};manifest=${archived.manifest};approval=${digest};by=${by.join(",")}`;
  for (const each of new Set(["system", chain])) store.record("trail.archived", `generation/${generation}`, each === chain ? detail : `chain=${chain};${detail}`, each);
  await store.durable();
  return { note };
}

/**
 * Has the records of every generation that was archived leave the database, in order; what one crash or another left undone is done by the next try.
 *
 * @throws what the database fails with: what is left stands as it did.
 */
export async function removeArchived(store: TrailMarkStore, remove: RemoveArchived): Promise<void> {
  const pending = [...store.all("archived").values()].filter(({ isGone }) => !isGone).sort((one, other) => one.generation - other.generation);
  for (const archived of pending) {
    await remove(archived);
    const id = markId(archived.chain, archived.generation);
    // Another try may have come to it first.
    if (store.get("archived", id) !== archived) continue;
    store.put("archived", id, { ...archived, isGone: true });
    store.record("trail.removed", `generation/${archived.generation}`, `generation=${archived.generation};size=${archived.size};manifest=${archived.manifest}`, archived.chain);
    await store.durable();
  }
}

/** What has to be so when it is asked for, and still when it is put down. */
function assertIdle(
  { store, now, archiveAfterDays, rules = strictArchivalRules }: ArchivalOptions,
  { chain, generation, atMs }: Mark,
  refused: (why: string) => SallyportError,
): void {
  const open = [...store.all("incident").values()].some((incident) => incident.chain === chain && incident.ended === null);
  if (rules.incident && open) throw refused("incident");
  if (rules.age && now() < atMs + archiveAfterDays * DAY_MS) throw refused("age");
  if (rules.order && archivedOf(store, chain).length < generation - 1) throw refused("order");
}

/** Whether a manifest lists these records as the generation's. The rest of what it lists is bound by the statement that the bundle holds, and by this digest. */
function lists(manifest: string, generation: number, { bytes, sha256 }: GenerationLines): boolean {
  try {
    const { files } = JSON.parse(manifest) as { readonly files: readonly { readonly name: string; readonly bytes: number; readonly sha256: string }[] };
    const named = files.filter(({ name }) => name === recordsFile(generation));
    return named.length === 1 && named[0]?.bytes === bytes && named[0].sha256 === sha256;
  } catch {
    return false;
  }
}
