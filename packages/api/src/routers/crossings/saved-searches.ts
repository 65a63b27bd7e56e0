import {
  RemoveSearchInput,
  RemoveSearchOutput,
  RenameSearchInput,
  RenameSearchOutput,
  SavedFilter,
  SavedSearchesInput,
  SavedSearchesOutput,
  SaveSearchInput,
  SaveSearchOutput,
} from "@sallyport/contracts";
import { canonicalJson, newId } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import type { Boundary } from "../../boundary/procedure.ts";
import type { Reach } from "../../boundary/still-live.ts";
import { locateEverywhere } from "../../crossings/crossing-scope.ts";
import type { ApiDeps } from "../../ports.ts";

const READ = { action: "trail.read", resource: "trail" } as const;
const KEPT_MAX = 50;

/** Wherever one reads the trail: a saved search gives no right, and shows what its reader may see. */
const everywhere =
  <Tx>(deps: ApiDeps<Tx>) =>
  (_input: unknown, _trace: unknown, reach: Reach) =>
    locateEverywhere(deps, READ, reach);

/** The caller's own saved searches. One that this version can't read any more is left out. */
export const savedSearches = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read({ ...READ, input: SavedSearchesInput, output: SavedSearchesOutput, whenFrozen: "serve", locate: everywhere(deps) }, async ({ grant, trace }) => {
    const rows = await deps.savedSearches.own(grant);
    const searches = rows.flatMap(({ id, name, filter, savedAtMs }) => {
      const read = SavedFilter.safeParse(JSON.parse(filter));
      return read.success ? [{ searchId: id, name, filter: read.data, savedAt: new Date(savedAtMs).toISOString() }] : [];
    });
    trace.note({ shown: searches.length });
    return { searches, max: KEPT_MAX };
  });

/** Keeps a search under a name. The name is the caller's own words, so it is on no record. */
export const saveSearch = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.change(
    { ...READ, input: SaveSearchInput, output: SaveSearchOutput, recorded: "once", locate: everywhere(deps) },
    {
      prepare: ({ trace }) => {
        const id = newId("svs");
        trace.about(`saved-search/${id}`);
        return Promise.resolve(id);
      },
      commit: async (tx, { input: { name, filter }, grant, trace }, id) => {
        await deps.savedSearches.save(tx, grant, { id, name, filter: canonicalJson(filter), savedAtMs: deps.now() });
        trace.note({ saved: Object.keys(filter).toSorted().join(",") || "everything" });
        return { searchId: id };
      },
    },
  );

export const renameSearch = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.change(
    { ...READ, input: RenameSearchInput, output: RenameSearchOutput, recorded: "once", locate: everywhere(deps) },
    {
      prepare: ({ input, trace }) => Promise.resolve(trace.about(`saved-search/${input.searchId}`)),
      commit: async (tx, { input: { searchId, name }, grant, trace }) => {
        if (!(await deps.savedSearches.rename(tx, grant, searchId, name))) throw new SallyportError("policy.denied");
        trace.note({ renamed: 1 });
        return { done: true as const };
      },
    },
  );

export const removeSearch = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.change(
    { ...READ, input: RemoveSearchInput, output: RemoveSearchOutput, recorded: "once", locate: everywhere(deps) },
    {
      prepare: ({ input, trace }) => Promise.resolve(trace.about(`saved-search/${input.searchId}`)),
      commit: async (tx, { input: { searchId }, grant, trace }) => {
        if (!(await deps.savedSearches.remove(tx, grant, searchId))) throw new SallyportError("policy.denied");
        trace.note({ removed: 1 });
        return { done: true as const };
      },
    },
  );
