import type { ArchivedRange, ClosedGeneration } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import type { ArchiveBundle, SearchConditions, SearchScope, StoredArchival } from "@sallyport/policy";
import type { z } from "zod";
import type { ApiDeps } from "../ports.ts";
import type { EndedGeneration } from "./ended-generation.ts";

const DAY_MS = 86_400_000;
const iso = (ms: number): string => new Date(ms).toISOString();

type Summary = z.input<typeof ClosedGeneration>;

/** What is known of closed generations beside what the custodian says of them. */
export interface Kept {
  readonly bundles: readonly ArchiveBundle[];
  readonly archivals: readonly StoredArchival[];
  readonly nameOf: (principalOrPerson: string) => string;
}

/** How a closed generation stands to being archived (docs/adr/0072-archives.md). */
export function stateOf<Tx>({ ended, incidentOf, now }: Pick<ApiDeps<Tx>, "ended" | "incidentOf" | "now">, generation: EndedGeneration): Summary["state"] {
  const { generations, keptDays } = ended();
  if (generation.archived !== null) return generation.archived.isGone ? "removed" : "archived";
  if (incidentOf(generation.chain) !== null) return "stopped";
  if (now() < generation.endedAtMs + keptDays * DAY_MS) return "early";
  const isBefore = (each: EndedGeneration): boolean => each.chain === generation.chain && each.generation < generation.generation;
  return generations.some((each) => isBefore(each) && each.archived === null) ? "waiting" : "possible";
}

const timeOf = (time: string): string | null => (time === "-" ? null : time);

/** A closed generation as the contracts show it. */
export function closedSummary<Tx>(deps: Pick<ApiDeps<Tx>, "ended" | "incidentOf" | "now">, of: EndedGeneration, { bundles, archivals, nameOf }: Kept): Summary {
  const { chain, generation, size, root, head, endedAtMs, archived } = of;
  const isHere = (each: { readonly chain: string; readonly generation: number }): boolean => each.chain === chain && each.generation === generation;
  const removedAtMs = archivals.find(isHere)?.removedAtMs ?? null;
  return {
    chain,
    generation,
    size,
    root,
    head,
    endedAt: iso(endedAtMs),
    possibleFrom: iso(endedAtMs + deps.ended().keptDays * DAY_MS),
    state: stateOf(deps, of),
    bundles: bundles
      .filter(isHere)
      .toReversed()
      .map(({ digest, principal, atMs }) => ({ digest, by: nameOf(principal), at: iso(atMs) })),
    archived:
      archived === null
        ? null
        : {
            at: archived.at,
            digest: archived.manifest,
            by: archived.by.map(nameOf),
            approval: archived.approval,
            from: timeOf(archived.from),
            to: timeOf(archived.to),
            note: archived.note,
            removedAt: removedAtMs === null ? null : iso(removedAtMs),
          },
  };
}

/** Whether a record is one of a generation whose records were archived: then it is in its archive, and nowhere else. */
export const isArchived = <Tx>({ ended }: Pick<ApiDeps<Tx>, "ended">, at: { readonly chain: string; readonly generation: number }): boolean =>
  ended().generations.some(({ chain, generation, archived }) => chain === at.chain && generation === at.generation && archived?.isGone === true);

/** The archives that hold records which a search would have looked at: of its chains, and of its times. What is in them isn't found any more. */
export function archivesWithin<Tx>(
  { ended }: Pick<ApiDeps<Tx>, "ended">,
  { chains }: Pick<SearchScope, "chains">,
  { fromMs, untilMs }: Pick<SearchConditions, "fromMs" | "untilMs">,
): ArchiveReached[] {
  return ended().generations.flatMap(({ chain, generation, archived }) => {
    if (archived?.isGone !== true || (chains !== null && !chains.includes(chain)) || archived.from === "-") return [];
    if (Date.parse(archived.to) < (fromMs ?? 0) || Date.parse(archived.from) >= (untilMs ?? Number.POSITIVE_INFINITY)) return [];
    return [{ chain, generation, from: archived.from, to: archived.to, digest: archived.manifest }];
  });
}
type ArchiveReached = z.input<typeof ArchivedRange>;

/** The generation that is closed. @throws `archive.state` where it isn't, or isn't there. */
export function endedAt<Tx>({ ended }: Pick<ApiDeps<Tx>, "ended">, at: { readonly chain: string; readonly generation: number }): EndedGeneration {
  const found = ended().generations.find(({ chain, generation }) => chain === at.chain && generation === at.generation);
  if (found === undefined) throw new SallyportError("archive.state");
  return found;
}
