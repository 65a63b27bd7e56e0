import { SallyportError } from "@sallyport/errors";
import { failureOf } from "./failure.ts";

/** What a watch is made of. */
export interface WatchParts<Event> {
  /** Yields events until the signal is aborted; asked for the next one only when the one before was taken. */
  readonly events: (signal: AbortSignal) => AsyncIterable<Event>;
  /** Why the watch has to end now, or null. Asked every `everyMs`. */
  readonly ended: () => Promise<SallyportError | null>;
  /** Called once, whichever way it ended: null where the caller left or nothing more comes. */
  readonly close: (failure: SallyportError | null, events: number) => Promise<void>;
  readonly everyMs: number;
}

/**
 * A crossing that goes on: a stream of events that is cut the moment its right to go on ends, also while nobody takes an event. It
 * holds one event at most, so a slow taker costs no memory.
 */
export class WatchStream<Event> implements AsyncIterableIterator<Event> {
  readonly #parts: WatchParts<Event>;
  readonly #gone = new AbortController();
  readonly #source: AsyncIterator<Event>;
  readonly #timer: NodeJS.Timeout;
  #failure: SallyportError | null = null;
  #events = 0;
  #closed: Promise<void> | null = null;

  constructor(parts: WatchParts<Event>) {
    this.#parts = parts;
    this.#source = parts.events(this.#gone.signal)[Symbol.asyncIterator]();
    this.#timer = setInterval(() => void this.#look(), parts.everyMs);
    this.#timer.unref();
  }

  /** Aborted when the watch has ended, whichever way. */
  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  /** Ends the watch for a reason; whoever takes the next event is told. */
  cut(failure: SallyportError): void {
    if (this.#gone.signal.aborted) return;
    this.#failure = failure;
    void this.#close();
  }

  /** The next event. Throws the failure that ended the watch. */
  async next(): Promise<IteratorResult<Event, undefined>> {
    if (!this.#gone.signal.aborted) {
      try {
        const result = await orAborted(this.#source.next(), this.#gone.signal);
        if (result !== null && result.done !== true && !this.#gone.signal.aborted) {
          this.#events += 1;
          return { done: false, value: result.value };
        }
      } catch (error) {
        if (!this.#gone.signal.aborted) this.#failure = failureOf(error);
      }
    }
    await this.#close();
    if (this.#failure !== null) throw this.#failure;
    return { done: true, value: undefined };
  }

  /** The taker leaves. */
  async return(): Promise<IteratorResult<Event, undefined>> {
    await this.#close();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #look(): Promise<void> {
    const failure = await this.#parts.ended();
    if (failure !== null) this.cut(failure);
  }

  #close(): Promise<void> {
    this.#closed ??= (async () => {
      clearInterval(this.#timer);
      this.#gone.abort();
      void Promise.resolve(this.#source.return?.()).catch(() => undefined);
      await this.#parts.close(this.#failure, this.#events);
    })();
    return this.#closed;
  }
}

/** What comes first, the work or the abort (null). Nothing of it stays behind on the signal: a watch goes on for hours. */
async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | null> {
  let leave = (): void => undefined;
  const gone = new Promise<null>((resolve) => {
    leave = () => resolve(null);
  });
  signal.addEventListener("abort", leave, { once: true });
  try {
    return await Promise.race([work, gone]);
  } finally {
    signal.removeEventListener("abort", leave);
  }
}
