import type { Duplex } from "node:stream";
import { SallyportError } from "@sallyport/errors";
import { Connection } from "./connection.ts";
import { unavailable, type Verb } from "./verb.ts";

const BACKOFF_FIRST_MS = 50;
const BACKOFF_MAX_MS = 2_000;

export interface LinkOptions {
  readonly dial: () => Promise<Duplex>;
  /** A connection is replaced at this age, the new one being up before the old one drains. */
  readonly maxAgeMs: number;
  /** In [0, 1); spreads the attempts of several nodes. */
  readonly random: () => number;
}

/**
 * Keeps one connection to the custodian up: dials again with jittered backoff, and replaces it by age or on {@link Link.renew}.
 * A call waits for an attempt that is under way; between attempts it fails at once.
 */
export class Link {
  readonly #options: LinkOptions;
  #current: Connection | null = null;
  #attempt: Promise<Connection> | null = null;
  #failures = 0;
  #retry: NodeJS.Timeout | undefined;
  #age: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.renew();
  }

  get isUp(): boolean {
    return this.#current?.isUsable === true;
  }

  async call(verb: Verb, payload: string | Buffer, deadlineMs: number): Promise<Buffer> {
    if (this.#current?.isUsable === true) return this.#current.call(verb, payload, deadlineMs);
    if (this.#attempt === null) throw new SallyportError(unavailable(verb), { verb, why: "not connected" });

    const startedMs = performance.now();
    const connection = await within(this.#attempt, deadlineMs, verb);
    return connection.call(verb, payload, Math.max(1, deadlineMs - (performance.now() - startedMs)));
  }

  /** Dials a new connection now; the present one serves until the new one is up. */
  renew(): void {
    clearTimeout(this.#retry);
    if (this.#closed || this.#attempt !== null) return;
    const attempt = this.#dial();
    this.#attempt = attempt;
    // A failed attempt has been answered for by its backoff; those who wait on it see it themselves.
    attempt
      .catch(() => undefined)
      .finally(() => {
        this.#attempt = null;
      });
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    clearTimeout(this.#age);
    this.#current?.destroy();
  }

  async #dial(): Promise<Connection> {
    let socket: Duplex;
    try {
      socket = await this.#options.dial();
    } catch (error) {
      this.#backOff();
      throw error;
    }
    if (this.#closed) socket.destroy();
    const connection: Connection = new Connection(socket, (answered) => this.#lost(connection, answered));
    this.#current?.retire();
    this.#current = connection;
    clearTimeout(this.#age);
    this.#age = setTimeout(() => this.renew(), this.#options.maxAgeMs * (0.9 + 0.1 * this.#options.random())).unref();
    return connection;
  }

  #lost(connection: Connection, answered: boolean): void {
    if (this.#current !== connection) return;
    this.#current = null;
    if (answered) this.#failures = 0;
    // A peer that accepts and hangs up without an answer is backed off from, as one that doesn't accept.
    if (answered) setImmediate(() => this.renew());
    else this.#backOff();
  }

  #backOff(): void {
    if (this.#closed) return;
    const ceilingMs = Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** this.#failures);
    this.#failures = Math.min(this.#failures + 1, 16);
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.renew(), ceilingMs * (0.5 + 0.5 * this.#options.random())).unref();
  }
}

async function within(attempt: Promise<Connection>, deadlineMs: number, verb: Verb): Promise<Connection> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new SallyportError(unavailable(verb), { verb, why: "deadline" })), deadlineMs);
  });
  try {
    return await Promise.race([attempt, late]);
  } catch (error) {
    throw new SallyportError(unavailable(verb), { verb, why: "not connected" }, error);
  } finally {
    clearTimeout(timer);
  }
}
