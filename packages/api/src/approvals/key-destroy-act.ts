import { KeyId } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import { z } from "zod";
import type { CustodianRing, RingState } from "../keys/ring-ports.ts";
import type { ApiDeps } from "../ports.ts";
import type { ApprovalAct } from "./act.ts";

const DAY_MS = 24 * 3_600_000;

/** The custodian reads the key's id from here. */
const Destroyed = z.strictObject({ key: KeyId });
export type DestroyedKeyPayload = z.output<typeof Destroyed>;

/** Destroys the secret of a retired key. The custodian does it upon this approval, so that has to be by a passkey that it holds. */
export const destroyKeyAct = <Tx>(deps: Pick<ApiDeps<Tx>, "rings">): ApprovalAct<Tx, DestroyedKeyPayload> => ({
  kind: "keys.destroy",
  ask: { action: "keys.rotate", resource: "key_ring" },
  approve: { action: "person.approve", resource: "principal" },
  needed: 1,
  openForMs: 7 * DAY_MS,
  usableForMs: null,
  onlyBy: "proven_passkey",
  payload: Destroyed,
  concerns: () => null,
  async effect(_tx, _grant, { key }) {
    const { ring, refused } = standingOf(await deps.rings.all(), key);
    return {
      about: key,
      lines: [
        { what: `the secret of ${key}`, before: "kept, in use for nothing", after: "destroyed, for good" },
        ring === "kek"
          ? { what: "backups and dumps with data keys wrapped under it", before: "can be opened, once the key is opened again", after: "are never opened again" }
          : ring === "ca"
            ? { what: "certificates that it issued", before: "are refused", after: "are refused, and none can be issued by it" }
            : ring === "audit"
              ? { what: "records that were sealed with it", before: "are archived and gone from the database", after: "are verified by their archives alone" }
              : ring === "sign"
                ? { what: "what it signed", before: "verifies, by its public key", after: "verifies, by its public key, which is kept; nothing can be signed with it" }
                : { what: "tokens that were signed with it", before: "are over", after: "are over" },
      ],
      refused,
    };
  },
  async perform(_tx, { key }, { statement }) {
    const { ring, at, isDone } = standingOf(await deps.rings.all(), key);
    // The custodian's answer to the first try may have been lost.
    if (!isDone) await deps.rings.approved({ ring, step: "destroy", at, statement });
    return { key };
  },
});

/** The ring of a key, and why its secret can't be destroyed now: only the earliest retired key's is, and one that is gone already stays so. */
function standingOf(rings: readonly RingState<CustodianRing>[], keyId: string): { ring: CustodianRing; at: number; isDone: boolean; refused: "keys.step" | "keys.in_use" | null } {
  const found = rings.find(({ keys }) => keys.some(({ id }) => id === keyId));
  const key = found?.keys.find(({ id }) => id === keyId);
  if (found === undefined || key === undefined) throw new SallyportError("keys.step", { key: keyId });
  const isDone = key.state === "destroyed";
  const isNext = found.keys.find(({ state }) => state === "retired")?.id === keyId;
  const isUsed = (found.ring === "kek" || found.ring === "audit") && key.wraps !== 0;
  return { ring: found.ring, at: found.at, isDone, refused: isDone ? null : !isNext ? "keys.step" : isUsed ? "keys.in_use" : null };
}
