/** Milliseconds of each of two acts, measured in turns. */
export interface Timings {
  readonly first: readonly number[];
  readonly second: readonly number[];
}

/** Beyond this, two samples' means differ by more than chance does (the threshold of the leak tests for cryptographic code: 4.5). */
export const WELCH_LIMIT = 4.5;

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const variance = (values: readonly number[], around: number): number => values.reduce((sum, value) => sum + (value - around) ** 2, 0) / (values.length - 1);

/**
 * Welch's t of two samples of unequal variance: how many standard errors their means are apart.
 *
 * Both are cut at the same bound, the given share of all values together, so that what the machine did meanwhile (a slow disk, another
 * program) doesn't drown the difference that is looked for. The same bound for both: a cut by sample would hide a tail.
 */
export function welchT({ first, second }: Timings, keep = 0.95): number {
  const all = [...first, ...second].toSorted((a, b) => a - b);
  const bound = all[Math.min(all.length - 1, Math.floor(all.length * keep))] ?? Number.POSITIVE_INFINITY;
  const [one, other] = [first.filter((value) => value <= bound), second.filter((value) => value <= bound)];
  if (one.length < 2 || other.length < 2) throw new RangeError("a sample needs two values");
  const [a, b] = [mean(one), mean(other)];
  return (a - b) / Math.sqrt(variance(one, a) / one.length + variance(other, b) / other.length);
}

/** Times two acts in pairs, each pair in an order that a coin decides, so that neither always goes first. The first pairs only warm up. */
export async function timePairs(pairs: number, first: () => Promise<unknown>, second: () => Promise<unknown>, coin: () => boolean = () => Math.random() < 0.5): Promise<Timings> {
  const timings = { first: [] as number[], second: [] as number[] };
  const timed = async (act: () => Promise<unknown>): Promise<number> => {
    const from = performance.now();
    await act();
    return performance.now() - from;
  };
  const warmUp = Math.min(50, Math.ceil(pairs / 10));
  for (let pair = -warmUp; pair < pairs; pair++) {
    const isStraight = coin();
    const [early, late] = isStraight ? [await timed(first), await timed(second)] : [await timed(second), await timed(first)];
    if (pair < 0) continue;
    timings.first.push(isStraight ? early : late);
    timings.second.push(isStraight ? late : early);
  }
  return timings;
}
