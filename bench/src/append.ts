import { appendBaselines } from "./append-baselines.ts";
import { type Loop, timedLoop } from "./closed-loop.ts";
import { layOut } from "./deployment.ts";
import { type Figure, figureOf } from "./figure.ts";
import { interleave } from "./interleave.ts";
import { openTrail } from "./open-trail.ts";
import { sampleDraft } from "./sample-record.ts";

const ROUNDS = 5;
const CALLERS = [1, 16, 64, 256] as const;
const GOALS = { single: { 1: null, 16: null, 64: 3.2, 256: 6 }, locked: { 1: null, 16: null, 64: 40, 256: null } } as const;
/** The slowest hundredth of appends should take 0.7 of what a single-row commit's takes, or less. */
const P99_GOAL = 1 / 0.7;

/** Durable appends to one chain, sealed by a custodian process, against what a database does without group commit. */
export async function measureAppend(): Promise<readonly Figure[]> {
  const deployment = await layOut({ seed: "none", programs: {}, bringSubjects: () => Promise.resolve() });
  try {
    // The database and the custodian, founded, with nobody else appending.
    await deployment.host.setup({ studies: [], profiles: [] });
    const trail = await openTrail(deployment);
    const figures: Figure[] = [];
    for (const callers of CALLERS) {
      const baselines = await appendBaselines(deployment.ownerUrl(), callers);
      const slowest = { sealed: [] as number[], single: [] as number[] };
      const noting = async (name: keyof typeof slowest, loop: Promise<Loop>): Promise<number> => {
        const { perSecond, p99Ms } = await loop;
        slowest[name].push(1 / p99Ms);
        return perSecond;
      };
      const results = await interleave(ROUNDS, {
        sealed: () =>
          noting(
            "sealed",
            timedLoop(callers, () => trail.append(sampleDraft())),
          ),
        single: () => noting("single", timedLoop(callers, baselines.single)),
        locked: async () => (await timedLoop(callers, baselines.locked)).perSecond,
      });
      await baselines.close();
      figures.push(
        figureOf(
          { name: `append.${callers}.single-row`, against: `single-row commits without a chain, ${callers} callers`, goal: GOALS.single[callers] },
          results.sealed,
          results.single,
        ),
        figureOf(
          { name: `append.${callers}.locked`, against: `a transaction and a row lock per append, ${callers} callers`, goal: GOALS.locked[callers] },
          results.sealed,
          results.locked,
        ),
      );
      if (callers >= 64)
        figures.push(
          figureOf(
            { name: `append.${callers}.p99`, against: `the p99 of single-row commits, theirs over ours, ${callers} callers`, goal: P99_GOAL },
            slowest.sealed,
            slowest.single,
          ),
        );
    }
    await trail.close();
    return figures;
  } finally {
    await deployment.remove();
  }
}
