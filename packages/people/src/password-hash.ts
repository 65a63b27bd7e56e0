import { hash, verify } from "@node-rs/argon2";
import { SallyportError } from "@sallyport/errors";
import { normalPassword } from "./password-rules.ts";

/** OWASP's first choice for argon2id (RFC 9106): 19 MiB, two passes, one lane. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/** Hashes at once, so that sign-ins never take the machine; and how many more may wait. */
export interface HashLimits {
  readonly atOnce: number;
  readonly waitingMax: number;
}

/** Argon2id in bounded numbers. What comes beyond the bound is refused before any work: `service.busy`. */
export class PasswordHasher {
  readonly #limits: HashLimits;
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  #nobodys: Promise<string> | null = null;

  constructor(limits: HashLimits = { atOnce: 2, waitingMax: 64 }) {
    this.#limits = limits;
  }

  /** The PHC string of a password, with a salt of its own. */
  hash(password: string): Promise<string> {
    return this.#inTurn(() => hash(normalPassword(password), COST));
  }

  /**
   * Whether a password is the one that was hashed. Where there is no hash, because there is no such person, the same work is done over
   * a hash that nobody has the password of, and the answer is no.
   */
  async matches(phc: string | null, password: string): Promise<boolean> {
    const against = phc ?? (await this.nobodys());
    const isEqual = await this.#inTurn(() => verify(against, normalPassword(password)));
    return isEqual && phc !== null;
  }

  /** The hash for those who don't exist; made once, ahead of the first sign-in. */
  nobodys(): Promise<string> {
    this.#nobodys ??= hash(crypto.randomUUID() + crypto.randomUUID(), COST);
    return this.#nobodys;
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#limits.atOnce) {
      if (this.#waiting.length >= this.#limits.waitingMax) throw new SallyportError("service.busy", { waiting: this.#waiting.length });
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else this.#running += 1;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}
