import type { EventLog, Trail } from "@sallyport/api";
import { openingDraft, type TrailStore, ZERO_MAC } from "@sallyport/audit";
import type { Custodian, Incident } from "@sallyport/custody";
import { codeOf } from "@sallyport/errors";
import type { Checkpointing } from "./evidence.ts";

const STATUS_MS = 1000;
const VERIFY_MS = 120_000;

export interface GenerationDeps<Tx> {
  readonly store: Pick<TrailStore<Tx>, "heads" | "transaction" | "openGeneration">;
  readonly checkpoint: Checkpointing;
  readonly custodian: Pick<Custodian, "status">;
  readonly trail: Trail<Tx>;
  readonly log: EventLog;
}

/**
 * Has chains that are under an incident go on in their next generation: the database's head leaves the broken one, the custodian signs where that
 * ended and opens the next, and its first record cites both. What of it is done already is seen from the database and the custodian alone, so
 * any node takes it up where another, or this one, was ended.
 */
export class GenerationRounds<Tx> {
  readonly #deps: GenerationDeps<Tx>;
  readonly #done = new Set<string>();
  #turn = Promise.resolve();

  constructor(deps: GenerationDeps<Tx>) {
    this.#deps = deps;
  }

  /** Takes each incident as far as it goes now, one round at a time. Never throws: the next one comes soon. */
  run(incidents: readonly Incident[]): Promise<void> {
    this.#turn = this.#turn.then(() => this.#round(incidents));
    return this.#turn;
  }

  async #round(incidents: readonly Incident[]): Promise<void> {
    for (const incident of incidents) {
      if (this.#done.has(incident.id)) continue;
      try {
        if (await this.#goOn(incident)) await this.#went(incident);
      } catch (error) {
        this.#deps.log.event("trail.standing", { chain: incident.chain, code: codeOf(error) });
      }
    }
  }

  async #goOn({ id, chain, successor, openedAt }: Incident): Promise<boolean> {
    const { store, checkpoint, custodian, trail } = this.#deps;
    if (openedAt === null) {
      await store.transaction((tx) => store.openGeneration(tx, chain, successor));
      await checkpoint([chain]);
    }
    const [head] = await store.heads([chain]);
    // Put back to before it went on: that is another incident's.
    if (head === undefined || head.generation < successor) return false;
    if (head.generation > successor || head.seq > 0) return true;
    const { marks } = await custodian.status({}, STATUS_MS);
    const signed = marks.find((mark) => mark.chain === chain && mark.generation === successor - 1);
    const ended = { generation: successor - 1, seq: signed?.size ?? 0, mac: signed?.mac ?? ZERO_MAC };
    // By the head's lock, so that no other record waits in the same run: this one is the first, or the custodian refuses it.
    await trail.inTransaction((_tx, appendLast) => appendLast([openingDraft(chain, ended, { resource: `incident/${id}`, reason: "incident" })]));
    return true;
  }

  async #went({ id, chain, successor, foundBy, ended }: Incident): Promise<void> {
    const { custodian, log } = this.#deps;
    this.#done.add(id);
    if (ended !== null) return;
    log.event("trail.went_on", { chain, generation: successor });
    // A look at the end says that it is broken; a run from the first record says where, and how. Nothing waits for it.
    if (foundBy === "checkpoint") void custodian.status({ verify: [chain] }, VERIFY_MS).catch(() => undefined);
  }
}
