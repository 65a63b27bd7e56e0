import { type EventLog, settleDueChange } from "@sallyport/api";
import type { Tx } from "@sallyport/db";
import { codeOf } from "@sallyport/errors";

export interface PolicyRoundDeps {
  readonly due: Parameters<typeof settleDueChange<Tx>>[0];
  readonly log: EventLog;
  /** Whether an incident stops that roles are changed. */
  readonly isStopped: () => boolean;
}

/** Lets approved policies take effect when their date has come; while an incident stops changes of roles, later. */
export class PolicyRounds {
  readonly #deps: PolicyRoundDeps;

  constructor(deps: PolicyRoundDeps) {
    this.#deps = deps;
  }

  /** Runs one round. Never throws: what couldn't be settled is due at the next one. */
  async run(): Promise<void> {
    const { due, log, isStopped } = this.#deps;
    try {
      while (!isStopped() && (await due.policyVersions.isDue(due.now())) && (await settleDueChange(due)));
    } catch (error) {
      log.event("policy.round_failed", { code: codeOf(error) });
    }
  }
}
