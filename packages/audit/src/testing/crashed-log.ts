import { GENERATION_OPEN, type Mark, openingDetail, type SealedRecord, ZERO_MAC } from "../index.ts";
import type { Draw } from "./mutations.ts";
import { auditKey, draftOf, headOf, sealLog } from "./sealed-log.ts";

/** A generation as it is committed after all that happened, and the sizes that the custodian came to mark meanwhile. */
export interface SurvivingGeneration {
  readonly records: readonly SealedRecord[];
  readonly marks: readonly Mark[];
}

const BATCH_MAX = 5;
export const crashedAt = { deployment: "dabcdefghijkl", chain: "site:STUDY/701" };

/** What becomes of a batch that was sealed: its process may die before it commits, or before anybody hears that it has. */
type Fate = "committed" | "torn" | "unheard";
const FATES: readonly Fate[] = ["committed", "committed", "committed", "torn", "unheard"];

/**
 * An honest log of several generations, each under a key of its own. Batches are torn by crashes, so the custodian has sealed other records
 * at the places of some that are here; appends are tried again, with and without the answer to the first; marks come when they come.
 */
export function crashedLog(generations: number, draw: Draw, seed: string): readonly SurvivingGeneration[] {
  const log: SurvivingGeneration[] = [];
  for (let generation = 1; generation <= generations; generation += 1) {
    const before = log.at(-1)?.records;
    const opening =
      before === undefined
        ? []
        : [{ ...draftOf(crashedAt.chain, 1, "opening"), action: GENERATION_OPEN, detail: openingDetail({ ...headOf(before), generation: generation - 1 }) }];
    log.push(survive(generation, opening, draw, seed));
  }
  return log;
}

function survive(generation: number, opening: readonly ReturnType<typeof draftOf>[], draw: Draw, seed: string): SurvivingGeneration {
  let records: readonly SealedRecord[] = [];
  const marks: Mark[] = [];
  const batches = draw(opening.length, 6);
  for (let batch = 0, sealed = 0; batch < batches; sealed += 1) {
    const fate = FATES[draw(0, FATES.length - 1)] as Fate;
    const size = records.length + (records.length < opening.length ? 1 : draw(1, BATCH_MAX));
    // Each sealing is of its own moment: what is sealed at a place anew isn't what was sealed there.
    const drafts = records.length === 0 ? opening : [];
    const run = sealLog({ ...crashedAt, generation, key: keyOf(generation), size, seed: `${seed} ${sealed}`, after: records, drafts });
    if (fate === "torn") continue;
    records = run;
    // Who heard nothing looks whether it is there (`holds`), or appends once more: one act, two records, both honest.
    if (fate === "unheard" && draw(0, 1) === 0 && run.length > opening.length) {
      const repeated = JSON.parse(run.at(-1)?.body ?? "{}") as ReturnType<typeof draftOf>;
      records = sealLog({ ...crashedAt, generation, key: keyOf(generation), size: size + 1, seed, after: records, drafts: Array.from({ length: size + 1 }, () => repeated) });
    }
    if (draw(0, 2) === 0) marks.push({ size: records.length, mac: records.at(-1)?.mac ?? ZERO_MAC });
    batch += 1;
  }
  return { records, marks };
}

export const keyOf = (generation: number): ReturnType<typeof auditKey> => auditKey(`generation ${generation}`);
