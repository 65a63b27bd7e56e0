import type { EventLog, Trail } from "@sallyport/api";
import type { Tx, UploadSweep } from "@sallyport/db";
import { codeOf } from "@sallyport/errors";

/** Chunks of 256 KiB that one statement removes: a fraction of a second of the database's time. */
const CHUNKS = 64;
/** Uploads given up, and statements' worth of chunks removed, in one round, so that a long backlog leaves room for everything else. */
const STEPS = 32;

export interface UploadRoundDeps {
  readonly sweep: UploadSweep;
  readonly trail: Trail<Tx>;
  readonly log: EventLog;
  readonly isFrozen: () => boolean;
}

/**
 * Gives up what nobody completed within a day, each on record, and removes the chunks of what was given up. A round that was cut off goes on
 * at the next one.
 */
export class UploadRounds {
  readonly #deps: UploadRoundDeps;

  constructor(deps: UploadRoundDeps) {
    this.#deps = deps;
  }

  /** Runs one round. Never throws. */
  async run(): Promise<void> {
    // What a database that was put back holds of uploads is nothing to go by.
    if (this.#deps.isFrozen()) return;
    try {
      for (let step = 0; step < STEPS; step += 1) if (!(await this.#abandonOne())) break;
      for (let step = 0; step < STEPS; step += 1) if ((await this.#deps.sweep.dropAbandoned(CHUNKS)) < CHUNKS) break;
    } catch (error) {
      this.#deps.log.event("upload.sweep_failed", { code: codeOf(error) });
    }
  }

  #abandonOne(): Promise<boolean> {
    return this.#deps.trail.inTransaction(async (tx, appendLast) => {
      const given = await this.#deps.sweep.abandonDue(tx);
      // Nothing was due, or another node is at it: then the record is its own.
      if (given === null) return false;
      await appendLast([
        {
          chain: "system",
          principal: "api",
          role: "-",
          workload: "api",
          action: "packet.upload",
          resource: given.id,
          site: "-",
          decision: "note",
          reason: "expired",
          request_id: "-",
          policy: "-",
          detail: `by=${given.ingestedBy}`,
        },
      ]);
      return true;
    });
  }
}
