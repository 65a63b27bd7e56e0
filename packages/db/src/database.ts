import { SallyportError } from "@sallyport/errors";
import { Connection, type Statement, type Value } from "./connection.ts";
import { type ConnectionSettings, parseDatabaseUrl } from "./connection-settings.ts";
import { Lane } from "./lane.ts";
import { Slots } from "./slots.ts";

/** An open transaction: runs statements in it. It dies with its transaction and with its connection. */
export type Tx = Statement;

export interface DatabaseOptions {
  /**
   * `postgres://` URL of one of the roles; or what reads it where it can change, of a file say. Then it is read for every connection and
   * twice a second, and connections that were opened by another one are closed as soon as nothing runs on them.
   */
  readonly url: string | (() => string);
  /** Connections for statements and transactions. */
  readonly max: number;
  /** Stands in pg_stat_activity. */
  readonly applicationName: string;
  /** Connections beside those, for runs of statements that must keep their order (group commit). */
  readonly lanes?: number;
  /** How many callers may wait for a connection. */
  readonly waitingMax?: number;
  /** How long a caller waits for a connection, in milliseconds; 1500 if absent, so that a refusal is there within two seconds. */
  readonly waitMs?: number;
  /** How long a statement may take before its connection is given up. */
  readonly statementMs?: number;
}

const LOOK_MS = 500;

/** A bounded pool of connections of one role. */
export class Database {
  readonly #readUrl: () => string;
  readonly #looks: NodeJS.Timeout | undefined;
  readonly #applicationName: string;
  readonly #statementMs: number;
  readonly #slots: Slots;
  readonly #idle: Connection[] = [];
  readonly #lanes: readonly Lane[];
  readonly #laneByKey = new Map<string, number>();
  /** Every open connection, with what it was opened by. */
  readonly #open = new Map<Connection, ConnectionSettings>();
  #url: string;
  #settings: ConnectionSettings;
  #isClosed = false;

  constructor(options: DatabaseOptions) {
    const { url } = options;
    this.#readUrl = typeof url === "string" ? () => url : url;
    this.#url = this.#readUrl();
    this.#settings = parseDatabaseUrl(this.#url);
    if (typeof url !== "string") this.#looks = setInterval(() => this.#look(), LOOK_MS).unref();
    this.#applicationName = options.applicationName;
    this.#statementMs = options.statementMs ?? 6000;
    this.#slots = new Slots(options.max, options.waitingMax ?? 256, options.waitMs ?? 1500);
    const isStale = (connection: Connection): boolean => this.#open.get(connection) !== this.#settings;
    const hooks = { connect: () => this.#connect(), isStale, letGo: (connection: Connection) => this.#letGo(connection) };
    this.#lanes = Array.from({ length: options.lanes ?? 2 }, () => new Lane(hooks));
  }

  /** How many callers wait for a connection. */
  get waiting(): number {
    return this.#slots.waiting;
  }

  /**
   * Runs one statement on a connection of the pool.
   *
   * @throws SallyportError `service.busy` where no connection came free, `service.unavailable` where the database did not
   *   answer, `policy.denied` where row security refused, `internal` otherwise.
   */
  readonly run: Statement = <Row extends object>(text: TemplateStringsArray, ...values: readonly Value[]) =>
    this.#withConnection((connection) => connection.statement<Row>(text, ...values));

  /**
   * Runs `work` in one transaction and commits it; whatever `work` throws rolls it back and is thrown again.
   * Where the commit itself fails, the outcome is unknown, and only a look by an idempotency key tells.
   */
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.#withConnection(async (connection) => {
      let isOpen = true;
      let running = 0;
      const tx: Tx = async <Row extends object>(text: TemplateStringsArray, ...values: readonly Value[]) => {
        if (!isOpen) throw new SallyportError("internal", { misuse: "transaction ended" });
        running += 1;
        try {
          return await connection.statement<Row>(text, ...values);
        } finally {
          running -= 1;
        }
      };
      await connection.simple("BEGIN");
      try {
        const result = await work(tx);
        isOpen = false;
        // A transaction in which a statement failed answers COMMIT with ROLLBACK, and that is no error to the server.
        if ((await connection.simple("COMMIT")) !== "COMMIT") throw new SallyportError("internal", { transaction: "rolled back" });
        return result;
      } catch (error) {
        isOpen = false;
        // A ROLLBACK would wait behind what still runs; without its connection the server rolls back by itself.
        if (running > 0) connection.abandon();
        await this.#rollback(connection);
        throw error;
      }
    });
  }

  /**
   * Runs statements of one key on one connection that nothing else has, in the order in which they are called, without
   * waiting for each other.
   */
  lane(key: string): Statement {
    return (text, ...values) => this.#laneOf(key).statement(text, ...values);
  }

  /**
   * Reads a COPY on a connection of its own; a reader that stops early gives the connection up. With `first`, that statement and the COPY are one
   * transaction, and its settings end with it.
   */
  async *stream<T>(text: string, read: (stream: AsyncIterable<Buffer>) => AsyncIterable<T>, first?: string): AsyncGenerator<T> {
    const connection = await this.#take();
    let isDone = false;
    try {
      if (first !== undefined) await connection.simple(`BEGIN; ${first}`);
      yield* read(await connection.copyOut(text));
      if (first !== undefined) await connection.simple("COMMIT");
      isDone = true;
    } finally {
      if (!isDone) connection.abandon();
      this.#giveBack(connection);
    }
  }

  /** Closes every connection; what is under way may finish for a second. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#looks);
    await Promise.all([...this.#open.keys()].map((connection) => connection.close()));
  }

  async #withConnection<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const connection = await this.#take();
    try {
      return await work(connection);
    } finally {
      this.#giveBack(connection);
    }
  }

  async #take(): Promise<Connection> {
    if (this.#isClosed) throw new SallyportError("service.stopping");
    await this.#slots.take();
    for (;;) {
      const idle = this.#idle.pop();
      if (idle === undefined) return this.#connect();
      if (!idle.isLost) return idle;
      this.#open.delete(idle);
    }
  }

  #giveBack(connection: Connection): void {
    if (connection.isLost || this.#open.get(connection) !== this.#settings) this.#letGo(connection);
    else this.#idle.push(connection);
    this.#slots.give();
  }

  #laneOf(key: string): Lane {
    if (this.#isClosed) throw new SallyportError("service.stopping");
    let index = this.#laneByKey.get(key);
    if (index === undefined) {
      index = this.#laneByKey.size % this.#lanes.length;
      this.#laneByKey.set(key, index);
    }
    const lane = this.#lanes[index];
    if (lane === undefined) throw new SallyportError("internal", { misuse: "no lanes" });
    return lane;
  }

  #connect(): Connection {
    this.#look();
    const connection = new Connection(this.#settings, this.#applicationName, this.#statementMs);
    this.#open.set(connection, this.#settings);
    return connection;
  }

  #letGo(connection: Connection): void {
    this.#open.delete(connection);
    if (!connection.isLost) void connection.close().catch(() => undefined);
  }

  /** Takes up another URL. One that can't be read now, or is none, changes nothing: the last good one stays. */
  #look(): void {
    try {
      const url = this.#readUrl();
      if (url === this.#url) return;
      this.#settings = parseDatabaseUrl(url);
      this.#url = url;
    } catch {
      return;
    }
    for (const connection of this.#idle.splice(0)) this.#letGo(connection);
    for (const lane of this.#lanes) lane.refresh();
  }

  async #rollback(connection: Connection): Promise<void> {
    if (connection.isLost) return;
    try {
      await connection.simple("ROLLBACK");
    } catch {
      // A session whose state is not known is not used again.
      connection.abandon();
    }
  }
}

/**
 * Opens a pool; connections are made when they are first needed.
 *
 * @throws SallyportError `setting.invalid` or `database.insecure` for the URL.
 */
export const connectDatabase = (options: DatabaseOptions): Database => new Database(options);
