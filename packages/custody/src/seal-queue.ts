import type { SealAnswer, SealBatch } from "@sallyport/audit";
import { SallyportError } from "@sallyport/errors";
import { SEAL_RECORDS_MAX } from "./seal-codec.ts";

interface Waiting {
  readonly batches: readonly SealBatch[];
  readonly records: number;
  readonly deadlineMs: number;
  readonly resolve: (answers: readonly SealAnswer[]) => void;
  readonly reject: (error: unknown) => void;
}

/** Frames under way at once: while one is answered, the next one fills. */
const FRAMES_MAX = 2;
/** What the custodian says of one chain's seal and not of the others in its frame. */
const OF_ONE: ReadonlySet<string> = new Set(["verb.refused", "verb.invalid", "trail.unrepresentable"]);

/** Gathers the seals of several chains that wait together into one frame; what is refused for one of them is refused for that one alone. */
export class SealQueue {
  readonly #ask: (batches: readonly SealBatch[], deadlineMs: number) => Promise<readonly SealAnswer[]>;
  readonly #waiting: Waiting[] = [];
  #underWay = 0;
  #isDue = false;

  constructor(ask: (batches: readonly SealBatch[], deadlineMs: number) => Promise<readonly SealAnswer[]>) {
    this.#ask = ask;
  }

  /** Answers as many as there are batches, in order. Its deadline holds while it waits for a frame, too. */
  async seal(batches: readonly SealBatch[], deadlineMs: number): Promise<readonly SealAnswer[]> {
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise((resolve, reject) => {
        timer = setTimeout(() => reject(new SallyportError("trail.unavailable", { why: "deadline" })), deadlineMs);
        this.#waiting.push({ batches, records: batches.reduce((sum, { drafts }) => sum + drafts.length, 0), deadlineMs, resolve, reject });
        this.#due();
      });
    } finally {
      clearTimeout(timer);
    }
  }

  #due(): void {
    if (this.#isDue || this.#waiting.length === 0 || this.#underWay >= FRAMES_MAX) return;
    this.#isDue = true;
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#isDue = false;
    const waiting = this.#takeFrame();
    this.#underWay += 1;
    void this.#send(waiting).finally(() => {
      this.#underWay -= 1;
      this.#due();
    });
    this.#due();
  }

  /** As many as one call may hold, and at least the first: one that is too long is refused as such. */
  #takeFrame(): readonly Waiting[] {
    let records = 0;
    let count = 0;
    for (const waiting of this.#waiting) {
      records += waiting.records;
      if (count > 0 && records > SEAL_RECORDS_MAX) break;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }

  async #send(waiting: readonly Waiting[]): Promise<void> {
    try {
      const answers = await this.#ask(
        waiting.flatMap(({ batches }) => batches),
        Math.max(...waiting.map(({ deadlineMs }) => deadlineMs)),
      );
      let at = 0;
      for (const { batches, resolve } of waiting) resolve(answers.slice(at, (at += batches.length)));
    } catch (error) {
      if (waiting.length > 1 && error instanceof SallyportError && OF_ONE.has(error.code)) await Promise.all(waiting.map((each) => this.#send([each])));
      else for (const { reject } of waiting) reject(error);
    }
  }
}
