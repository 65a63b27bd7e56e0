/** One measured ratio, as it is printed. */
export interface Figure {
  readonly name: string;
  /** What the ratio is against. */
  readonly against: string;
  /** Median of the rounds' ratios. */
  readonly ratio: number;
  readonly min: number;
  readonly max: number;
  /** How many rounds there were. */
  readonly runs: number;
  /** The least that it should be; null where none was set. */
  readonly goal: number | null;
}

/** Makes a figure from what was measured in the same rounds, in units a second: each round's ratio, and their median. */
export function figureOf(named: Pick<Figure, "name" | "against" | "goal">, measured: readonly number[], baseline: readonly number[]): Figure {
  if (measured.length === 0 || measured.length !== baseline.length) throw new RangeError("a ratio needs both sides of every round");
  const ratios = measured.map((perSecond, round) => perSecond / (baseline[round] ?? Number.NaN)).toSorted((a, b) => a - b);
  const { name, against, goal } = named;
  return { name, against, ratio: rounded(medianOf(ratios)), min: rounded(ratios[0] ?? Number.NaN), max: rounded(ratios.at(-1) ?? Number.NaN), runs: ratios.length, goal };
}

/** The middle value, or the mean of the two middle ones. */
function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** One line for people; a figure below its goal says so. */
export function lineOf({ name, against, ratio, min, max, runs, goal }: Figure): string {
  const verdict = goal === null ? "" : ratio >= goal ? `  goal ${goal} x: met` : `  goal ${goal} x: BELOW`;
  return `${name.padEnd(28)} ${ratio.toFixed(2).padStart(7)} x ${against} (${min.toFixed(2)}-${max.toFixed(2)}, ${runs} rounds)${verdict}`;
}

const rounded = (ratio: number): number => Math.round(ratio * 1000) / 1000;
