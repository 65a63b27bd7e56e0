import { KeyId } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import { z } from "zod";
import type { CustodianRing, RingState } from "../keys/ring-ports.ts";
import type { ApiDeps } from "../ports.ts";
import type { ApprovalAct } from "./act.ts";

const DAY_MS = 24 * 3_600_000;

/** The custodian reads the key's id from here; and of one that is turned back to, how many steps its ring had taken. */
const Activated = z.union([z.strictObject({ key: KeyId }), z.strictObject({ key: KeyId, at: z.string().regex(/^(?:0|[1-9]\d{0,8})$/) })]);
type ActivatedKeyPayload = z.output<typeof Activated>;

/** What is asked for with this key, as its ring stands. @throws `keys.step` for a key that needs nobody else's word, or can't be put in use. */
export function activatedKey(rings: readonly RingState<CustodianRing>[], keyId: string): ActivatedKeyPayload {
  const { ring, at, step, refused } = waitingOf(rings, keyId);
  if (step === null || refused !== null || (ring !== "audit" && ring !== "sign")) throw new SallyportError("keys.step", { key: keyId });
  return step === "revert" ? { key: keyId, at: String(at) } : { key: keyId };
}

/** Puts the next audit or signing key in use, or the one before in use again: every chain goes on in another generation, or another key speaks for the deployment. The custodian does it upon this approval, so that has to be by a passkey that it holds. */
export const activateKeyAct = <Tx>(deps: Pick<ApiDeps<Tx>, "rings">): ApprovalAct<Tx, ActivatedKeyPayload> => ({
  kind: "keys.activate",
  ask: { action: "keys.rotate", resource: "key_ring" },
  approve: { action: "person.approve", resource: "principal" },
  needed: 1,
  openForMs: 7 * DAY_MS,
  usableForMs: null,
  onlyBy: "proven_passkey",
  payload: Activated,
  concerns: () => null,
  async effect(_tx, _grant, payload) {
    const { key } = payload;
    const { ring, at, before, prints, step, ...waiting } = waitingOf(await deps.rings.all(), key);
    // Where the ring has gone on since, the custodian would refuse what they say.
    const refused = step !== null && "at" in payload && payload.at !== String(at) ? ("keys.step" as const) : waiting.refused;
    if (ring === "sign")
      return {
        about: key,
        lines: [
          { what: "checkpoints, policies, profiles, approvals and exports are signed with", before, after: key },
          { what: "its fingerprint", before: prints.before, after: prints.after },
          { what: "who compared the fingerprint before", before: "verifies by it", after: "verifies by it, by a handover that both keys sign" },
          { what: "witnesses", before: `know ${before}`, after: `have to know ${key}, or refuse what is signed from then on` },
        ],
        refused,
      };
    return {
      about: key,
      lines: [
        { what: "records are sealed with", before, after: key },
        { what: "every chain of the trail", before: "goes on in its generation", after: "goes on in its next one, which cites the end of this one" },
        { what: `what ${before} sealed`, before: "verifies", after: "verifies, by that key, which is kept" },
      ],
      refused,
    };
  },
  async perform(_tx, payload, { statement }) {
    const { key } = payload;
    const { ring, at, step } = waitingOf(await deps.rings.all(), key);
    // The custodian's answer to the first try may have been lost: then the key is in use.
    if (step !== null) await deps.rings.approved({ ring, step, at: "at" in payload ? Number(payload.at) : at, statement });
    return { key };
  },
});

type Key = RingState["keys"][number];

interface Waiting {
  readonly ring: CustodianRing;
  readonly at: number;
  readonly before: string;
  /** Fingerprints of the one before and of this one, of signing keys. */
  readonly prints: { readonly before: string; readonly after: string };
  /** By which the key is put in use; null where it is. */
  readonly step: "activate" | "revert" | null;
  readonly refused: "keys.step" | null;
}

/** The ring of a next key, or of one that is retiring, the key that it takes the place of, and why it can't now. One that is in use already stays so. */
function waitingOf(rings: readonly RingState<CustodianRing>[], keyId: string): Waiting {
  const found = rings.find(({ keys }) => keys.some(({ id }) => id === keyId));
  if (found === undefined) throw new SallyportError("keys.step", { key: keyId });
  const inState = (state: Key["state"]): Key | undefined => found.keys.find((key) => key.state === state);
  const isDone = inState("active")?.id === keyId;
  const isNext = inState("next")?.id === keyId && inState("retiring") === undefined;
  const isBefore = (found.ring === "audit" || found.ring === "sign") && inState("retiring")?.id === keyId;
  const step = isBefore ? "revert" : "activate";
  const before = inState(isDone ? "retiring" : "active");
  const prints = { before: before?.fingerprint ?? "-", after: found.keys.find(({ id }) => id === keyId)?.fingerprint ?? "-" };
  return { ring: found.ring, at: found.at, before: before?.id ?? "-", prints, step: isDone ? null : step, refused: isDone || isNext || isBefore ? null : "keys.step" };
}
