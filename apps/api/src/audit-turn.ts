import type { EventLog } from "@sallyport/api";
import { type GroupCommitTrail, type Head, openingDraft, type RecordDraft } from "@sallyport/audit";
import type { Custodian, CustodianStatus, SignedCheckpoint } from "@sallyport/custody";
import { codeOf } from "@sallyport/errors";
import type { Checkpointing } from "./evidence.ts";

/** As long as a chain's records wait while its end is signed: an append has two seconds in all. */
const LOCKED_SIGN_MS = 1000;

export interface AuditTurnDeps<Tx> {
  readonly trail: Pick<GroupCommitTrail<Tx>, "openNext">;
  readonly checkpoint: Checkpointing;
  readonly custodian: Pick<Custodian, "sign">;
  /** Keeps a checkpoint in the transaction that closes its generation. */
  readonly keep: (tx: Tx, checkpoint: SignedCheckpoint) => Promise<void>;
  readonly log: EventLog;
}

/**
 * Has every chain go on with the audit key that is in use: in one transaction, under the head's lock, the custodian signs where the generation ends, the next is
 * begun, and its first record, sealed with the new key, cites that end. Records that wait meanwhile are sealed behind it; none is refused. What was done before a
 * crash is seen from the database and the custodian, so any node takes it up.
 */
export class AuditTurns<Tx> {
  readonly #deps: AuditTurnDeps<Tx>;
  #turn = Promise.resolve();

  constructor(deps: AuditTurnDeps<Tx>) {
    this.#deps = deps;
  }

  /** Turns each chain that goes on with another key, one at a time. Never throws: the next round comes soon. */
  run(status: Pick<CustodianStatus, "marks" | "incidents" | "auditKey">): Promise<void> {
    this.#turn = this.#turn.then(() => this.#round(status));
    return this.#turn;
  }

  async #round(status: Pick<CustodianStatus, "marks" | "incidents" | "auditKey">): Promise<void> {
    for (const { chain, generation } of dueOf(status)) {
      try {
        await this.#goOn(chain, generation, status.auditKey);
      } catch (error) {
        this.#deps.log.event("audit.standing", { chain, code: codeOf(error) });
      }
    }
  }

  async #goOn(chain: string, generation: number, key: string): Promise<void> {
    const { trail, checkpoint, log } = this.#deps;
    // What was written long before is looked at while nobody waits.
    await checkpoint([chain]);
    const hasTurned = await trail.openNext(chain, (tx, head) => (head.generation === generation && head.seq > 0 ? this.#opening(tx, head) : Promise.resolve(null)));
    // Where another node, or this one before it was ended, had turned it: the custodian is yet to see it.
    await checkpoint([chain]);
    if (hasTurned) log.event("audit.turned", { chain, generation: generation + 1, key });
  }

  async #opening(tx: Tx, head: Head): Promise<RecordDraft | null> {
    const { custodian, keep } = this.#deps;
    const { checkpoints } = await custodian.sign({ kind: "checkpoint", chains: [head.chain] }, LOCKED_SIGN_MS);
    const last = checkpoints.at(-1);
    if (last === undefined || last.generation !== head.generation || last.size !== head.seq) return null;
    await keep(tx, last);
    return openingDraft(head.chain, head, { resource: "ring/audit", reason: "rotation" });
  }
}

/** Chains whose newest mark has another key than the one in use. One under an incident that hasn't gone on yet does so by itself, with that key. */
function dueOf({ marks, incidents, auditKey }: Pick<CustodianStatus, "marks" | "incidents" | "auditKey">): readonly { readonly chain: string; readonly generation: number }[] {
  const newest = new Map<string, CustodianStatus["marks"][number]>();
  for (const mark of marks) if ((newest.get(mark.chain)?.generation ?? 0) < mark.generation) newest.set(mark.chain, mark);
  const isClosing = (chain: string): boolean => incidents.some((incident) => incident.chain === chain && incident.openedAt === null);
  return [...newest.values()].filter((mark) => mark.auditKey !== auditKey && !isClosing(mark.chain));
}
