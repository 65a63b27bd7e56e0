import { ListArchivesInput, ListArchivesOutput } from "@sallyport/contracts";
import type { Boundary } from "../../boundary/procedure.ts";
import { closedSummary } from "../../archives/standing.ts";
import type { ApiDeps } from "../../ports.ts";
import { locateSites } from "../site-place.ts";

/** The closed generations of the chains that the caller reaches, and how each stands to being archived. */
export const listArchives = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read(
    { action: "trail.read", resource: "trail", input: ListArchivesInput, output: ListArchivesOutput, whenFrozen: "serve", locate: () => locateSites(deps, {}) },
    async ({ grant, trace, may, reach }) => {
      const overall = reach({ action: "trail.read", resource: "trail" }, { kind: "deployment" }) !== null;
      const reached = new Set(grant.siteKeys().map((key) => `site:${key}`));
      const { generations, keptDays } = deps.ended();
      const shown = generations.filter(({ chain }) => overall || reached.has(chain));
      const chains = [...new Set(shown.map(({ chain }) => chain))];
      const [bundles, archivals] = chains.length === 0 ? [[], []] : await Promise.all([deps.archives.bundles(chains), deps.archives.archivals(chains)]);
      const names = new Map(Object.entries(shown.length === 0 ? {} : await deps.names()));
      for (const person of new Set(shown.flatMap(({ archived }) => archived?.by ?? []))) names.set(person, (await deps.people.people.byId(person))?.printedName ?? person);
      const nameOf = (id: string): string => names.get(id) ?? id;
      trace.note({ shown: shown.length });
      return {
        generations: shown.map((each) => closedSummary(deps, each, { bundles, archivals, nameOf })),
        keptDays,
        mayAsk: may({ action: "trail.archive", resource: "trail" }, { kind: "deployment" }),
      };
    },
  );
