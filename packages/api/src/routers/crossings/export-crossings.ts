import { ExportCrossingsEvent, ExportCrossingsInput } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import type { Boundary } from "../../boundary/procedure.ts";
import { type ChainBehind, chainsBehind } from "../../crossings/caught-up.ts";
import { conditionsOf, locateCrossings, scopeOf } from "../../crossings/crossing-scope.ts";
import { exportLine, headerOf } from "../../crossings/export-line.ts";
import type { Names } from "../../crossings/crossing-summary.ts";
import { ExcerptLines } from "../../crossings/excerpt-lines.ts";
import type { z } from "zod";
import type { Crossing } from "../../boundary/procedure.ts";
import type { SearchPlace, SearchScope } from "@sallyport/policy";
import type { ApiDeps } from "../../ports.ts";

const PAGE = 500;
const COUNTED = { bound: 100_000_000, looks: 100_000_000 };

/**
 * Exactly what a filter matches of what was on the trail when the export began, oldest first. Refused with `service.busy` while the search is behind the
 * trail; of a chain with a break an excerpt is made all the same, and its header says where the search had come to.
 */
export const exportCrossings = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.watch(
    {
      action: "trail.export",
      resource: "trail",
      input: ExportCrossingsInput,
      output: ExportCrossingsEvent,
      whenFrozen: "serve",
      locate: ({ filter }, _trace, reach) => locateCrossings(deps, "trail.export", filter, reach),
    },
    async function* (crossing, signal) {
      const { input, trace } = crossing;
      const { format, filter } = input;
      const scope = scopeOf(crossing, "trail.export", filter);
      const beganMs = deps.now();
      const behind = await chainsBehind(deps, scope, signal);
      if (signal.aborted) return;
      // A chain with a break may never be searchable to its end: an excerpt of it is evidence, and says how far it goes. Anything else would be less than it says it is.
      if (behind.some(({ isBroken }) => !isBroken || format !== "excerpt")) throw new SallyportError("service.busy");
      const asked = conditionsOf(filter);
      const conditions = { ...asked, untilMs: Math.min(asked.untilMs ?? beganMs, beganMs) };
      const [{ count: of }, names] = await Promise.all([deps.search.count(scope, conditions, COUNTED), deps.names()]);
      const excerpt = format === "excerpt" ? await excerptOf(deps, crossing, scope, { nowMs: beganMs, names, behind }) : null;
      let after: SearchPlace | null = null;
      let done = 0;
      while (!signal.aborted) {
        const page: Awaited<ReturnType<typeof deps.search.lines>> = await deps.search.lines(scope, conditions, { after, limit: PAGE });
        // In the order in which they are written: an excerpt's digest runs along.
        const head = done > 0 ? [] : (excerpt?.begin() ?? headerOf(format));
        const lines = excerpt === null ? page.map((line) => exportLine(format === "csv" ? "csv" : "jsonl", line, names)) : await excerpt.page(page);
        const isLast = page.length < PAGE;
        after = page.at(-1) ?? after;
        trace.note({ format, lines: done + page.length, ...(excerpt !== null && excerpt.unproven > 0 && { unproven: excerpt.unproven }) });
        yield {
          lines: [...head, ...lines, ...(isLast && excerpt !== null ? await excerpt.end() : [])],
          done: done + page.length,
          of: isLast ? done + page.length : Math.max(of, done + page.length),
          isLast,
        };
        done += page.length;
        if (isLast) return;
      }
    },
  );

/** Everything that an excerpt begins with. Its checkpoints are made now, so they cover all that was on the trail when the export began. */
async function excerptOf<Tx>(
  deps: ApiDeps<Tx>,
  { grant, input }: Crossing<z.output<typeof ExportCrossingsInput>, unknown>,
  scope: SearchScope,
  { nowMs, names, behind }: { readonly nowMs: number; readonly names: Names; readonly behind: readonly ChainBehind[] },
): Promise<ExcerptLines> {
  const chains = (await deps.archive.statuses(scope.grants, scope.chains)).filter(({ size }) => size > 0).map(({ chain }) => chain);
  const proofs = await deps.archive.openExcerpt(grant, chains);
  const without = behind.map(({ chain, generation, seq }) => `${chain} after record ${seq} of generation ${generation}`).join("; ");
  const filter = { ...input.filter, ...(without !== "" && { without }) };
  return new ExcerptLines({ proofs, deployment: deps.deployment, grant, filter, nowMs, names });
}
