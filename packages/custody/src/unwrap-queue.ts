import { SallyportError } from "@sallyport/errors";
import type { KeyProof } from "./key-commitment.ts";
import { KEYS_MAX, parseKeyAnswers } from "./message-codec.ts";
import type { KeyContext } from "./model.ts";
import { readAnswer, type Verb } from "./verb.ts";

export interface WrappedItem {
  readonly context: KeyContext;
  readonly wrapped: string;
}

interface Waiting {
  readonly item: WrappedItem;
  readonly deadlineMs: number;
  readonly resolve: (key: Buffer) => void;
  readonly reject: (error: unknown) => void;
}

/** Frames under way at once: while one is answered, the next one fills. */
const FRAMES_MAX = 2;

/** Gathers the unwraps that wait together into one frame; each is settled by its own answer. */
export class UnwrapQueue {
  readonly #ask: (verb: Verb, payload: string, deadlineMs: number) => Promise<Buffer>;
  readonly #prove: KeyProof;
  readonly #waiting: Waiting[] = [];
  #underWay = 0;
  #isDue = false;

  constructor(ask: (verb: Verb, payload: string, deadlineMs: number) => Promise<Buffer>, prove: KeyProof) {
    this.#ask = ask;
    this.#prove = prove;
  }

  /** Opens all of these or none; in order. @throws the first failure, `keys.unavailable` at the deadline. */
  async unwrap(items: readonly WrappedItem[], deadlineMs: number): Promise<readonly Buffer[]> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new SallyportError("keys.unavailable", { why: "deadline" })), deadlineMs);
    });
    try {
      return await Promise.race([Promise.all(items.map((item) => this.#enqueue(item, deadlineMs))), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  #enqueue(item: WrappedItem, deadlineMs: number): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, deadlineMs, resolve, reject });
      this.#due();
    });
  }

  #due(): void {
    if (this.#isDue || this.#waiting.length === 0 || this.#underWay >= FRAMES_MAX) return;
    this.#isDue = true;
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#isDue = false;
    this.#underWay += 1;
    void this.#send(this.#waiting.splice(0, KEYS_MAX)).finally(() => {
      this.#underWay -= 1;
      this.#due();
    });
    this.#due();
  }

  async #send(waiting: readonly Waiting[]): Promise<void> {
    try {
      const payload = JSON.stringify(waiting.map(({ item }) => ({ context: item.context, wrapped: item.wrapped })));
      // The frame has the longest of their deadlines; each caller keeps its own.
      const answer = await this.#ask("unwrap", payload, Math.max(...waiting.map(({ deadlineMs }) => deadlineMs)));
      const answers = readAnswer("unwrap", () => parseKeyAnswers(answer, waiting.length));
      answers.forEach((answer, index) => settle(waiting[index] as Waiting, answer, this.#prove));
    } catch (error) {
      for (const { reject } of waiting) reject(error);
    }
  }
}

function settle({ item, resolve, reject }: Waiting, answer: ReturnType<typeof parseKeyAnswers>[number], prove: KeyProof): void {
  try {
    if ("code" in answer)
      throw new SallyportError(answer.code === "phi.integrity" || answer.code === "subject.shredded" ? answer.code : "keys.unavailable", { context: item.context.id });
    const key = Buffer.from(answer.key, "base64url");
    prove(item.context, item.wrapped, key);
    resolve(key);
  } catch (error) {
    reject(error);
  }
}
