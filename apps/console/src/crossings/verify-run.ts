import type { OutputOf } from "../api/procedures.ts";

export type VerifyEvent = OutputOf<"crossings.verify">;
type VerifiedChain = NonNullable<VerifyEvent["chain"]>;

/** How far a verification is, and what it found. `cut`: it ended before its last word, so nothing is said of the rest. */
export interface VerifyRun {
  readonly phase: "running" | "whole" | "broken" | "cut";
  readonly done: number;
  readonly of: number;
  readonly recordsDone: number;
  readonly recordsOf: number;
  readonly chains: readonly VerifiedChain[];
}

export const verifyStarted: VerifyRun = { phase: "running", done: 0, of: 0, recordsDone: 0, recordsOf: 0, chains: [] };

/** The run after one more word. Only the last word, with every chain verified, makes it whole. */
export function verifyHeard(run: VerifyRun, { done, of, recordsDone, recordsOf, chain, isLast }: VerifyEvent): VerifyRun {
  const chains = chain === null ? run.chains : [...run.chains, chain];
  const isBroken = chains.some(({ broken }) => broken !== null);
  return { phase: !isLast ? "running" : isBroken ? "broken" : "whole", done, of, recordsDone, recordsOf, chains };
}

/** The run after its stream ended: one that had not said its last word is cut. */
export const verifyEnded = (run: VerifyRun): VerifyRun => (run.phase === "running" ? { ...run, phase: "cut" } : run);

/** Records a second since it began; null while there is nothing to tell it by. */
export const verifyRate = ({ recordsDone }: Pick<VerifyRun, "recordsDone">, elapsedMs: number): number | null =>
  recordsDone === 0 || elapsedMs <= 0 ? null : Math.round((recordsDone * 1000) / elapsedMs);

/** 0 to 100, by records where there are any, and by chains otherwise. */
export const verifyPercent = ({ recordsDone, recordsOf, done, of }: VerifyRun): number =>
  Math.floor((100 * (recordsOf > 0 ? recordsDone : done)) / Math.max(1, recordsOf > 0 ? recordsOf : of));
