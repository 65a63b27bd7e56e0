/** What one caller may ask, in requests a second over a bucket of `burst`. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

interface Bucket {
  tokens: number;
  atMs: number;
}

const KEYS_MAX = 10_000;

/** Token buckets by caller. What is refused costs one map look-up: the limit stands in front of all other work. */
export class RateLimit {
  readonly #rate: Rate;
  readonly #now: () => number;
  readonly #buckets = new Map<string, Bucket>();

  constructor(rate: Rate, now: () => number) {
    this.#rate = rate;
    this.#now = now;
  }

  /** Takes one token; false where the bucket is empty. */
  take(key: string): boolean {
    const bucket = this.#refilled(key);
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }

  /** Whether a token is left, without taking it. */
  has(key: string): boolean {
    return this.#refilled(key).tokens >= 1;
  }

  #refilled(key: string): Bucket {
    const nowMs = this.#now();
    let bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      // Full: the one that came first goes, so that many newcomers can't free each other of their limits.
      const [oldest] = this.#buckets.size >= KEYS_MAX ? this.#buckets.keys() : [];
      if (oldest !== undefined) this.#buckets.delete(oldest);
      bucket = { tokens: this.#rate.burst, atMs: nowMs };
      this.#buckets.set(key, bucket);
    }
    bucket.tokens = Math.min(this.#rate.burst, bucket.tokens + (Math.max(0, nowMs - bucket.atMs) / 1000) * this.#rate.perSecond);
    bucket.atMs = nowMs;
    return bucket;
  }
}
