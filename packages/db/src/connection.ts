import { SallyportError } from "@sallyport/errors";
import type { Readable } from "node:stream";
import postgres from "postgres";
import { type ConnectionSettings, driverOptions } from "./connection-settings.ts";
import { failureOf } from "./database-failure.ts";

/** A parameter of a statement. Lists go as one text joined by newlines, documents as JSON text. */
export type Value = string | number | bigint | boolean | Buffer | null;

/** Runs one statement. Fails with a SallyportError that holds the SQLSTATE and nothing else of the server's. */
export type Statement = <Row extends object>(text: TemplateStringsArray, ...values: readonly Value[]) => Promise<readonly Row[]>;

/**
 * One connection, and the driver's instance that holds it; once lost or late it is never used again.
 *
 * The driver reconnects by itself, and after that a transaction's remaining statements would run on the new session,
 * each committed alone. So a loss is noted in the moment of the socket's close, and everything after it is refused here.
 */
export class Connection {
  readonly #sql: postgres.Sql;
  readonly #deadlineMs: number;
  #isLost = false;

  constructor(settings: ConnectionSettings, applicationName: string, deadlineMs: number) {
    this.#deadlineMs = deadlineMs;
    this.#sql = postgres({ ...driverOptions(settings, applicationName), onclose: () => this.#lose() });
  }

  /** Whether it may not be used any more. */
  get isLost(): boolean {
    return this.#isLost;
  }

  /**
   * Runs a prepared statement. Statements that are sent without awaiting the one before are pipelined in order.
   * A statement that does not answer by the deadline takes its connection with it; its outcome is unknown then.
   */
  readonly statement: Statement = <Row extends object>(text: TemplateStringsArray, ...values: readonly Value[]) =>
    this.#watch<readonly Row[]>(() => this.#sql<Row[]>(text, ...(values as never[])));

  /** Runs fixed text by the simple protocol, for transaction control and migrations; answers the last command's tag. */
  async simple(text: string): Promise<string> {
    const result = await this.#watch(() => this.#sql.unsafe(text).simple());
    const last: unknown = Array.isArray(result) && "command" in result ? result : (result as readonly unknown[]).at(-1);
    return String((last as { command?: unknown }).command);
  }

  /** A COPY's bytes. The caller reads to the end or destroys the stream. */
  async copyOut(text: string): Promise<AsyncIterable<Buffer>> {
    return readToEnd((await this.#watch(() => this.#sql.unsafe(text).readable())) as Readable);
  }

  async close(): Promise<void> {
    this.#isLost = true;
    await this.#sql.end({ timeout: 1 });
  }

  /** Gives the connection up at once; what is under way fails. */
  abandon(): void {
    if (this.#isLost) return;
    this.#lose();
  }

  #lose(): void {
    this.#isLost = true;
    void this.#sql.end({ timeout: 0 }).catch(() => undefined);
  }

  async #watch<T>(run: () => PromiseLike<T>): Promise<T> {
    if (this.#isLost) throw new SallyportError("service.unavailable", { sqlstate: "CONNECTION_CLOSED" });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, fail) => {
      timer = setTimeout(() => {
        fail(new SallyportError("service.unavailable", { sqlstate: "deadline" }));
        this.abandon();
      }, this.#deadlineMs);
    });
    try {
      return await Promise.race([run(), late]);
    } catch (error) {
      // Whether the failure was the statement's or the connection's: only the server's own SQLSTATEs leave a usable session.
      if (!(error instanceof postgres.PostgresError) || error.severity === "FATAL") this.abandon();
      throw failureOf(error);
    } finally {
      clearTimeout(timer);
    }
  }
}

/**
 * The driver pauses its socket when the stream is full and resumes it in the stream's own `_read`, which nobody calls once the end
 * is in the buffer: then the socket would stay paused, and the connection's next statement would never be answered.
 */
async function* readToEnd(stream: Readable): AsyncGenerator<Buffer> {
  try {
    yield* stream as AsyncIterable<Buffer>;
  } finally {
    stream._read(0);
  }
}
