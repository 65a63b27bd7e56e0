import type { Method, Person } from "@sallyport/people";
import { type PersonEvent, personRecord } from "./person-record.ts";
import type { Asking, PeopleDeps } from "./people-deps.ts";

/** Whose attempt it is: the name that was given, and the person behind it if there is one. */
export interface Attempt {
  readonly username: string;
  readonly person: Person | null;
  readonly method: Method;
}

type GateDeps<Tx> = Pick<PeopleDeps<Tx>, "now" | "stores" | "key" | "lockout" | "later" | "knocks">;

/**
 * Evaluates proofs, no more than the lockout rule allows, by name and method, on every path that a proof can be tried on.
 *
 * An attempt is counted as failed before it is evaluated, in one statement of the store, so many at once are no way around the count;
 * one that succeeds begins the count anew. Names that nobody has are counted as others are.
 */
export class AttemptGate<Tx> {
  readonly #deps: GateDeps<Tx>;

  constructor(deps: GateDeps<Tx>) {
    this.#deps = deps;
  }

  /**
   * Runs `evaluate`, which answers null where nothing was proven; `locked` where it wasn't run. What it throws is no proof either, and
   * stays counted.
   */
  async evaluate<T extends object>(attempt: Attempt, asking: Asking, evaluate: () => Promise<T | null>): Promise<T | null | "locked"> {
    const { now, stores, key, lockout } = this.#deps;
    const name = await key.nameOf(attempt.username);
    const { isOpen, locks } = await stores.attempts.claim(name, attempt.method, { nowMs: now(), ...lockout });
    if (!isOpen) return "locked";
    let isProven = false;
    try {
      const proven = await evaluate();
      isProven = proven !== null;
      return proven;
    } finally {
      if (isProven) await stores.attempts.clear(name, attempt.method);
      else if (locks) this.#alert(attempt, asking);
    }
  }

  #alert({ person, method }: Attempt, { peer, requestId }: Asking): void {
    if (person === null) return this.#deps.knocks.count("signin", "signin.locked");
    const event: PersonEvent = {
      principal: person.principal,
      workload: peer.spiffe,
      action: "lockout",
      resource: `person/${person.id}`,
      decision: "note",
      reason: "signin.locked",
      requestId,
      policy: "-",
      detail: { method, failures: this.#deps.lockout.limit, seconds: Math.round(this.#deps.lockout.lockMs / 1000) },
    };
    this.#deps.later.add(personRecord(event));
  }
}
