import type { DatabaseProcess, PasswordStep, PasswordStore } from "@sallyport/db";
import { DATABASE_PROCESSES, PASSWORD_WINDOWS } from "@sallyport/db";
import { codeOf, SallyportError } from "@sallyport/errors";

/** Port: where a process finds the URL of its role, for it alone. Null where there is none. */
interface PasswordFiles {
  read(process: DatabaseProcess): string | null;
  write(process: DatabaseProcess, url: string): void;
}

/** How long things take, in milliseconds. */
export interface PasswordWindows {
  readonly ageMaxMs: number;
  readonly overlapMaxMs: number;
  /** For how long nothing may be logged in by the password before, until it ends: a process reads its file twice a second. */
  readonly settleMs: number;
}

export interface PasswordRingParts {
  readonly store: PasswordStore;
  readonly files: PasswordFiles;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** One line for people. */
  readonly report: (line: string) => void;
  readonly windows?: PasswordWindows;
}

/** How the processes' passwords stand. */
export interface PasswordState {
  readonly generation: number;
  /** Milliseconds since the epoch. */
  readonly sinceMs: number;
  /** Whether what is in use is older than it should become. */
  readonly isOverdue: boolean;
  /** The programs that are logged in by the one before, while that is accepted; otherwise null. */
  readonly holders: readonly string[] | null;
}

const WINDOWS: PasswordWindows = { ...PASSWORD_WINDOWS, settleMs: 5000 };
/** After a rotation by age that couldn't be begun. */
const AGAIN_MS = 3_600_000;

/**
 * The passwords by which our processes use the database, all of one age. They rotate with overlap: the next ones are made for logins that nobody uses, are proven to open,
 * and are put into the processes' files; once nothing is logged in by the ones before any more, or the longest overlap is over, those end. Every step is in the database
 * before the next begins, and may be taken twice, so whoever is killed at any of them is gone on for by the next start.
 */
export class PasswordRing {
  readonly #parts: PasswordRingParts;
  readonly #windows: PasswordWindows;
  #turn: Promise<unknown> = Promise.resolve();
  #steps: readonly PasswordStep[] = [];
  #holders: readonly string[] = [];
  #overlapMs: number | null = null;
  #quietMs: number | null = null;
  #notBeforeMs = 0;
  #isInRound = false;
  #isFailing = false;
  #isClosed = false;

  constructor(parts: PasswordRingParts) {
    this.#parts = parts;
    this.#windows = parts.windows ?? WINDOWS;
  }

  /**
   * Goes on where an earlier start was ended, and sees that what is in the files opens. Before any process of this host uses the database.
   * @throws SallyportError `database.unreachable`.
   */
  open(): Promise<void> {
    return this.#alone(async () => {
      const { store } = this.#parts;
      await this.#read();
      const { active, next, nextCause } = standing(this.#steps);
      if (next > active || active === 0) await this.#make(Math.max(next, 1), nextCause ?? "start");
      else for (const process of DATABASE_PROCESSES) await this.#keep(process, active);
      const { active: now, isBeforeOpen } = standing(this.#steps);
      // What isn't in use is shut, whoever opened it; also what an earlier version logged in by.
      if (!isBeforeOpen) await store.shutOthers(now);
    });
  }

  /**
   * Puts new passwords in use; those before end by {@link round}. Answers the new generation.
   * @throws SallyportError `keys.early` while the ones before them still overlap; `database.unreachable`.
   */
  rotate(cause: "age" | "operator"): Promise<number> {
    return this.#alone(async () => {
      await this.#read();
      const { active, next, isBeforeOpen } = standing(this.#steps);
      if (isBeforeOpen) throw new SallyportError("keys.early", { ring: "database" });
      // One that was begun and failed in the middle is gone on with.
      const generation = Math.max(next, active + 1);
      await this.#make(generation, cause);
      this.#parts.report(`passwords of the database: generation ${generation} is in use`);
      return generation;
    });
  }

  /** Ends passwords whose overlap is over, and rotates those that are too old. Never throws: what couldn't be done now is tried again. */
  async round(): Promise<void> {
    const { now, report } = this.#parts;
    if (this.#isInRound || this.#isClosed) return;
    this.#isInRound = true;
    try {
      await this.#alone(() => this.#endBefore());
      const { active, activeSinceMs, isBeforeOpen } = standing(this.#steps);
      const isDue = active !== 0 && !isBeforeOpen && now() >= activeSinceMs + this.#windows.ageMaxMs;
      if (!isDue) this.#isFailing = false;
      if (!isDue || now() < this.#notBeforeMs) return;
      this.#notBeforeMs = now() + AGAIN_MS;
      await this.rotate("age");
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing && !this.#isClosed) report(`the passwords of the database could not be rotated (${codeOf(error)}); trying again`);
      this.#isFailing = true;
    } finally {
      this.#isInRound = false;
    }
  }

  /** Finishes what is in hand. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#turn;
  }

  /** Null before {@link open}. */
  state(): PasswordState | null {
    const { active, activeSinceMs, isBeforeOpen } = standing(this.#steps);
    if (active === 0) return null;
    const isOverdue = this.#parts.now() >= activeSinceMs + this.#windows.ageMaxMs;
    return { generation: active, sinceMs: activeSinceMs, isOverdue, holders: isBeforeOpen ? this.#holders : null };
  }

  async #read(): Promise<void> {
    this.#steps = await this.#parts.store.steps();
  }

  async #note(step: Omit<PasswordStep, "atMs">): Promise<void> {
    await this.#parts.store.note(step);
    await this.#read();
  }

  async #make(generation: number, cause: PasswordStep["cause"]): Promise<void> {
    await this.#note({ generation, step: "add", cause, ended: 0 });
    for (const process of DATABASE_PROCESSES) await this.#keep(process, generation);
    await this.#note({ generation, step: "activate", cause, ended: 0 });
    this.#holders = [];
    this.#overlapMs = this.#quietMs = null;
  }

  /** Sees that a process's file has a URL of this generation that opens; a new one is written only after it was seen to open. */
  async #keep(process: DatabaseProcess, generation: number): Promise<void> {
    const { store, files } = this.#parts;
    const kept = files.read(process);
    const url = kept === null ? null : await store.opened(process, generation, kept);
    if (url !== null) {
      if (url !== kept) files.write(process, url);
      return;
    }
    const made = await store.renew(process, generation);
    if ((await store.opened(process, generation, made)) === null) throw new SallyportError("database.unreachable", { process, step: "a new password doesn't open" });
    files.write(process, made);
  }

  async #endBefore(): Promise<void> {
    const { active, activeCause, isBeforeOpen } = standing(this.#steps);
    if (!isBeforeOpen) return;
    const { store, now, report } = this.#parts;
    const { settleMs, overlapMaxMs } = this.#windows;
    this.#holders = await store.holders(active);
    this.#overlapMs ??= now();
    this.#quietMs = this.#holders.length > 0 ? null : (this.#quietMs ?? now());
    const isProven = this.#quietMs !== null && now() >= this.#quietMs + settleMs;
    if (!isProven && now() < this.#overlapMs + overlapMaxMs) return;
    const ended = await store.shutOthers(active);
    await this.#note({ generation: active - 1, step: "retire", cause: activeCause, ended });
    report(`passwords of the database: generation ${active - 1} has ended${ended === 0 ? "" : `, with ${ended} sessions that were left`}`);
  }

  /** One after another: two at once would make two passwords for one login. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work, work);
    this.#turn = done.catch(() => undefined);
    return done;
  }
}

interface Standing {
  /** The generation in use, 0 before the first. */
  readonly active: number;
  readonly activeSinceMs: number;
  readonly activeCause: PasswordStep["cause"];
  /** The one that was begun last. */
  readonly next: number;
  readonly nextCause: PasswordStep["cause"] | null;
  /** Whether the one before the one in use is accepted too. */
  readonly isBeforeOpen: boolean;
}

function standing(steps: readonly PasswordStep[]): Standing {
  const last = (step: PasswordStep["step"]): PasswordStep | undefined => steps.filter((each) => each.step === step).sort((a, b) => b.generation - a.generation)[0];
  const [added, activated, retired] = [last("add"), last("activate"), last("retire")];
  const active = activated?.generation ?? 0;
  return {
    active,
    activeSinceMs: activated?.atMs ?? 0,
    activeCause: activated?.cause ?? "start",
    next: added?.generation ?? 0,
    nextCause: added?.cause ?? null,
    isBeforeOpen: active > 1 && (retired?.generation ?? 0) < active - 1,
  };
}
