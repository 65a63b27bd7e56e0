import { GroupCommitTrail } from "@sallyport/audit";
import { trailStore, type Database, type Tx } from "@sallyport/db";
import { localSealer } from "@sallyport/db/testing";
import { closedLoop } from "./closed-loop.ts";
import { type Figure, figureOf } from "./figure.ts";
import { CHAINS, type Size, withFilledGenerations } from "./filled-generations.ts";
import { interleave } from "./interleave.ts";
import { sampleDraft } from "./sample-record.ts";

const ROUNDS = 7;
const CALLERS = 64;
const DEPLOYMENT = "dbench";

/** Durable appends behind three million records, against those behind ten thousand, sealed in this process: what is asked is how the database's part grows. */
export const measureGrowth = (): Promise<readonly Figure[]> =>
  withFilledGenerations(true, async (database) => {
    const [few, many] = [trailOver(database, "few"), trailOver(database, "many")];
    const measured = await interleave(ROUNDS, { few: few.rate, many: many.rate });
    await Promise.all([few.close(), many.close()]);
    return [figureOf({ name: `append.${CALLERS}, 3 million`, against: "the same behind ten thousand records", goal: 0.9 }, measured.many, measured.few)];
  });

function trailOver(database: Database, size: Size): { readonly rate: () => Promise<number>; readonly close: () => Promise<void> } {
  const trail = new GroupCommitTrail<Tx>({ store: trailStore(database), sealer: localSealer(DEPLOYMENT), deployment: DEPLOYMENT, now: Date.now });
  return { rate: () => closedLoop(CALLERS, () => trail.append(sampleDraft(CHAINS[size]))), close: () => trail.close() };
}
