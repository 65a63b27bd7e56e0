import type { KnockCounter } from "@sallyport/api";
import type { RecordDraft } from "@sallyport/audit";
import type { ErrorCode } from "@sallyport/errors";

interface Tally {
  readonly listener: string;
  readonly code: ErrorCode;
  count: number;
  readonly firstMs: number;
  lastMs: number;
}

/**
 * Callers that prove nothing: one aggregate per listener, code and minute, so that a million knocks are one record.
 * `flush` is called once a minute, and when the process stops; what can't be recorded now is kept and added to the next.
 */
export class Knocks implements KnockCounter {
  readonly #now: () => number;
  #tallies = new Map<string, Tally>();

  constructor(now: () => number) {
    this.#now = now;
  }

  count(listener: string, code: ErrorCode): void {
    const name = `${listener} ${code}`;
    const tally = this.#tallies.get(name);
    if (tally === undefined) this.#tallies.set(name, { listener, code, count: 1, firstMs: this.#now(), lastMs: this.#now() });
    else {
      tally.count += 1;
      tally.lastMs = this.#now();
    }
  }

  async flush(append: (draft: RecordDraft) => Promise<unknown>): Promise<void> {
    const due = this.#tallies;
    this.#tallies = new Map();
    for (const [name, tally] of due) {
      try {
        await append(draftOf(tally));
      } catch {
        const newer = this.#tallies.get(name);
        this.#tallies.set(name, newer === undefined ? tally : { ...tally, count: tally.count + newer.count, lastMs: newer.lastMs });
      }
    }
  }
}

const iso = (ms: number): string => new Date(ms).toISOString();

const draftOf = ({ listener, code, count, firstMs, lastMs }: Tally): RecordDraft => ({
  chain: "system",
  principal: "-",
  role: "-",
  workload: "-",
  action: "boundary.knock",
  resource: `listener/${listener}`,
  site: "-",
  decision: "deny",
  reason: code,
  request_id: "-",
  policy: "-",
  detail: `n=${count};from=${iso(firstMs)};to=${iso(lastMs)}`,
});
