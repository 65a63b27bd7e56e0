import type { Connection, Statement, Value } from "./connection.ts";

/** A connection of a lane, and how many of its statements haven't answered. */
interface Track {
  readonly connection: Connection;
  running: number;
  /** Settled when nothing runs on it any more. */
  readonly drained: Promise<void>;
  readonly settle: () => void;
}

/** What a lane needs of its pool. */
export interface LaneHooks {
  connect(): Connection;
  /** Whether what it was opened by isn't what connections are opened by now. */
  isStale(connection: Connection): boolean;
  /** Lets a connection go on which nothing runs. */
  letGo(connection: Connection): void;
}

/**
 * One connection that nothing else has. Statements run in the order in which they are called, without waiting for each other; only when the lane
 * moves to another connection, what comes waits until all that runs on the one before has answered.
 */
export class Lane {
  readonly #hooks: LaneHooks;
  #track: Track | null = null;
  /** Callers who wait for a move, in order, and what they wait for. Whoever comes meanwhile waits behind them. */
  #held = 0;
  #move: Promise<void> = Promise.resolve();

  constructor(hooks: LaneHooks) {
    this.#hooks = hooks;
  }

  readonly statement: Statement = <Row extends object>(text: TemplateStringsArray, ...values: readonly Value[]) => {
    const track = this.#track;
    if (this.#held === 0) {
      if (track === null || track.running === 0 || !this.#mustMove(track)) return this.#run<Row>(text, values);
      this.#move = track.drained;
    }
    this.#held += 1;
    return this.#move.then(() => {
      this.#held -= 1;
      return this.#run<Row>(text, values);
    });
  };

  /** Lets the connection go where nothing runs on it and others are opened otherwise now. */
  refresh(): void {
    if (this.#track !== null && this.#track.running === 0 && this.#mustMove(this.#track)) this.#drop(this.#track);
  }

  #mustMove({ connection }: Track): boolean {
    return !connection.isLost && this.#hooks.isStale(connection);
  }

  #run<Row extends object>(text: TemplateStringsArray, values: readonly Value[]): Promise<readonly Row[]> {
    this.refresh();
    if (this.#track?.connection.isLost === true) this.#drop(this.#track);
    const track = (this.#track ??= tracked(this.#hooks.connect()));
    track.running += 1;
    const answer = track.connection.statement<Row>(text, ...values);
    const end = (): void => {
      track.running -= 1;
      if (track.running > 0) return;
      if (this.#mustMove(track) || track.connection.isLost) track.settle();
      if (this.#track === track) this.refresh();
    };
    void answer.then(end, end);
    return answer;
  }

  #drop(track: Track): void {
    this.#track = null;
    track.settle();
    this.#hooks.letGo(track.connection);
  }
}

function tracked(connection: Connection): Track {
  let settle = (): void => undefined;
  const drained = new Promise<void>((resolve) => (settle = resolve));
  return { connection, running: 0, drained, settle };
}
