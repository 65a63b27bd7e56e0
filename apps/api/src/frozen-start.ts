import type { EventLog } from "@sallyport/api";
import type { Head, TrailStore } from "@sallyport/audit";
import type { Custodian, CustodianStatus, Incident } from "@sallyport/custody";
import type { CustodianWatch } from "./custodian-watch.ts";

/** As long as a run from the first record may take. */
const VERIFY_MS = 600_000;

type Mark = CustodianStatus["marks"][number];

export interface StartDeps {
  readonly watch: CustodianWatch;
  /** As committed. */
  readonly heads: readonly Head[];
  readonly store: Pick<TrailStore<never>, "holds">;
  readonly custodian: Pick<Custodian, "status">;
  readonly log: EventLog;
}

/**
 * Compares the database with what was signed last. Where it holds less, or other, it was restored, emptied or swapped: then the start is a frozen
 * one (DESIGN §6), and the custodian looks itself, from the first record on, and opens the incidents that say how.
 *
 * @returns whether it found a loss that no incident tells of; then nothing but looking goes on until the next start.
 */
export async function judgeStart({ watch, heads, store, custodian, log }: StartDeps): Promise<boolean> {
  const holds = ({ chain, generation, size: seq, mac }: Mark): Promise<boolean> => store.holds({ chain, generation, seq, mac, prevMac: "", body: "" });
  const lost = await lostChains(watch.status().marks, heads, holds);
  for (const chain of lost) log.event("start.frozen", { chain });
  if (lost.length === 0) return false;
  const { incidents } = await custodian.status({ verify: lost }, VERIFY_MS);
  await watch.poll(null);
  return !lost.every((chain) => incidents.some((incident) => incident.chain === chain && incident.isFrozen));
}

async function lostChains(marks: readonly Mark[], heads: readonly Head[], holds: (mark: Mark) => Promise<boolean>): Promise<readonly string[]> {
  const byChain = new Map(heads.map((head) => [head.chain, head]));
  const lost = new Set<string>();
  for (const mark of newestOf(marks)) {
    const head = byChain.get(mark.chain);
    const isThere = head !== undefined && (head.generation > mark.generation || (head.generation === mark.generation && head.seq >= mark.size));
    if (!isThere || (mark.size > 0 && !(await holds(mark)))) lost.add(mark.chain);
  }
  return [...lost];
}

/** What a closed generation lost is its incident's: a start is judged by where each chain is now. */
const newestOf = (marks: readonly Mark[]): readonly Mark[] => marks.filter((mark) => !marks.some(({ chain, generation }) => chain === mark.chain && generation > mark.generation));

/** Whether an incident that nobody has ended yet stops everything but looking. */
export const isFrozenBy = (incidents: readonly Incident[]): boolean => incidents.some(({ isFrozen, ended }) => isFrozen && ended === null);
