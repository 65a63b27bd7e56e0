import type { BundleReader, BundleVerdict, VerifyOptions } from "./bundle-model.ts";
import { limits } from "./bundle-verdict.ts";
import type { ArchivedGeneration } from "./export-statement.ts";
import type { Break } from "./model.ts";
import { verifyBundle } from "./verify-bundle.ts";

type Generation = BundleVerdict["generations"][number];

const amiss = (chain: string, generation: number, kind: Break["kind"], why: string): Break => ({ chain, generation, seq: 0, kind, why });

/** Whether this is the generation that was archived, in the very bundle that was. */
function archivedBreak(chain: string, archived: ArchivedGeneration, here: Generation, manifest: string | null): Break | null {
  const { generation, size, root, head } = archived;
  if (here.size !== size || here.root !== root || here.head !== head) return amiss(chain, generation, "forked", `generation ${generation} is not the one that was archived`);
  if (manifest === archived.manifest) return null;
  return amiss(chain, generation, "altered", `generation ${generation} is the one that was archived, but this is another bundle than the archived one`);
}

/** Where bundles that are each whole by themselves aren't one trail: they are of several, hold something twice, or aren't what was archived. */
function joinBreaks(verdicts: readonly BundleVerdict[]): readonly Break[] {
  const breaks: Break[] = [];
  // One line of keys: each signed by the one that states the last of them, or by one that is behind it.
  const last = verdicts.at(-1);
  const line = [last?.fingerprint, ...(last?.behind ?? [])];
  const homes = new Map<number, BundleVerdict>();
  for (const verdict of verdicts) {
    const { chain, deployment, fingerprint, generations } = verdict;
    if (generations.length === 0) breaks.push(amiss(chain, 0, "foreign", "one of them is no bundle of a chain"));
    else if (chain !== last?.chain || deployment !== last.deployment || !line.includes(fingerprint))
      breaks.push(amiss(chain, 0, "foreign", "they are not all of one chain and deployment, by one key or keys that handed over to it"));
    for (const { generation } of generations) {
      if (homes.has(generation)) breaks.push(amiss(chain, generation, "inserted", `generation ${generation} is in two of them: give each once`));
      homes.set(generation, verdict);
    }
  }
  for (const { chain, archived } of verdicts) {
    for (const each of archived) {
      const home = homes.get(each.generation);
      const here = home?.generations.find(({ generation }) => generation === each.generation);
      const found = home === undefined || here === undefined ? null : archivedBreak(chain, each, here, home.manifest);
      if (found !== null && !breaks.some(({ why }) => why === found.why)) breaks.push(found);
    }
  }
  return breaks;
}

const listed = (numbers: readonly number[]): string => `${numbers.length === 1 ? "generation" : "generations"} ${numbers.join(", ")}`;

/**
 * Puts the verdicts on several bundles of one chain, each by itself, into one on the trail that they are together: what was archived, and what is left
 * (docs/spec/bundle-v2.md, section 4). In whatever order they are given.
 */
export function joinVerdicts(given: readonly BundleVerdict[]): BundleVerdict {
  const verdicts = given.toSorted((one, other) => (one.generations[0]?.generation ?? 0) - (other.generations[0]?.generation ?? 0));
  const last = verdicts.at(-1);
  if (last === undefined) throw new RangeError("there is nothing to join");
  const breaks = [...verdicts.flatMap((verdict) => verdict.breaks), ...joinBreaks(verdicts)];
  const generations = verdicts.flatMap((verdict) => verdict.generations);
  const numbers = generations.map(({ generation }) => generation);
  const whole = breaks.length === 0 && verdicts.every((verdict) => verdict.whole);
  const pinned = verdicts.every((verdict) => verdict.pinned);
  const archived = last.archived.filter(({ generation }) => !numbers.includes(generation));
  const isUnbroken = numbers.every((generation, at) => generation === (numbers[0] ?? 0) + at);
  const cosigned = verdicts.reduce((sum, each) => sum + (each.cosigned ?? 0), 0);
  const verdict = {
    ...last,
    whole,
    pinned,
    reads: whole ? (pinned ? "whole" : "self-consistent, key not pinned") : "broken",
    breaks,
    records: verdicts.reduce((sum, { records }) => sum + records, 0),
    checkpoints: verdicts.reduce((sum, { checkpoints }) => sum + checkpoints, 0),
    generations,
    archived,
    manifest: null,
    ...(cosigned > 0 && { cosigned }),
    proves: whole
      ? [
          isUnbroken
            ? `Together they are one trail: ${listed(numbers)} of chain ${last.chain}, each begun after the head of the one before.`
            : `They are parts of one trail: ${listed(numbers)} of chain ${last.chain}.`,
          ...new Set(verdicts.flatMap(({ proves }) => proves)),
        ]
      : [],
  };
  const absent = archived.length === 1 ? "that archive was not given" : "those archives were not given";
  return { ...verdict, doesNotProve: limits(verdict, archived.length === 0 ? null : `What ${listed(archived.map(({ generation }) => generation))} held: ${absent}.`) };
}

/**
 * Verifies several bundles of one chain, each by itself and then as one trail.
 *
 * @throws as {@link verifyBundle}.
 */
export async function verifyTrail(readers: readonly BundleReader[], options: VerifyOptions = {}): Promise<BundleVerdict> {
  const verdicts: BundleVerdict[] = [];
  for (const reader of readers) verdicts.push(await verifyBundle(reader, options));
  return joinVerdicts(verdicts);
}
