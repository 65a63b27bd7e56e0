import type { EventLog, Trail } from "@sallyport/api";
import type { PasswordRecords, PasswordStep, Tx } from "@sallyport/db";
import { codeOf } from "@sallyport/errors";

export interface PasswordRoundDeps {
  readonly records: Pick<PasswordRecords, "isBehind" | "takeUnrecorded">;
  readonly trail: Pick<Trail<Tx>, "inTransaction">;
  readonly log: EventLog;
}

/**
 * Puts on the trail what the supervisor did to the database's passwords: it keeps each step in the database and has no way to the trail. Each is there once,
 * however many nodes look for it and wherever one is ended: it is marked in the transaction of its record.
 */
export class PasswordRounds {
  readonly #deps: PasswordRoundDeps;
  #isFailing = false;

  constructor(deps: PasswordRoundDeps) {
    this.#deps = deps;
  }

  /** Once. Never throws: what couldn't be put on record now is met again at the next round. */
  async run(): Promise<void> {
    const { records, trail, log } = this.#deps;
    try {
      if (await records.isBehind())
        await trail.inTransaction(async (tx, appendLast) => {
          const steps = await records.takeUnrecorded(tx);
          if (steps.length > 0) await appendLast(steps.map(draftOf));
        });
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing) log.event("passwords.unrecorded", { code: codeOf(error) });
      this.#isFailing = true;
    }
  }
}

const draftOf = ({ generation, step, cause, atMs, ended }: PasswordStep) => ({
  chain: "system",
  principal: "supervisor",
  role: "-",
  workload: "supervisor",
  action: "keys.rotate",
  resource: "ring/database",
  site: "-",
  decision: "note" as const,
  reason: cause,
  request_id: `database-${generation}-${step}`,
  policy: "-",
  detail: `step=${step};key=database-${generation};${step === "retire" ? `ended=${ended};` : ""}at=${new Date(atMs).toISOString()}`,
});
