import { z } from "zod";
import { CrossingFilter } from "./crossings.ts";
import { Done } from "./people.ts";
import { Count, IsoTime, Print } from "./primitives.ts";
import { strict } from "./strict.ts";

const SavedSearchId = z.string().regex(/^svs_[0-9a-hjkmnp-tv-z]{26}$/);

/** What somebody calls a search of theirs. It is stored as it is written, so no subject is named in it. */
const SearchName = Print(1, 60);

/** A filter, or one that goes with the time: the last so-and-so long, seen from when it is opened. */
export const SavedFilter = z.strictObject({ ...CrossingFilter.shape, last: z.enum(["15m", "1h", "24h", "7d"]).optional() });

export const SavedSearchesInput = strict({});
/** The caller's own, by name; `max` is how many they may keep. */
export const SavedSearchesOutput = strict({
  searches: z.array(z.strictObject({ searchId: SavedSearchId, name: SearchName, filter: SavedFilter, savedAt: IsoTime })),
  max: Count,
});

/** Keeps a filter under a name that none of theirs has (else `search.taken`), fifty at most (else `search.full`). */
export const SaveSearchInput = strict({ name: SearchName, filter: SavedFilter });
export const SaveSearchOutput = strict({ searchId: SavedSearchId });

export const RenameSearchInput = strict({ searchId: SavedSearchId, name: SearchName });
export const RenameSearchOutput = strict({ done: Done.shape.done });

export const RemoveSearchInput = strict({ searchId: SavedSearchId });
export const RemoveSearchOutput = strict({ done: Done.shape.done });
