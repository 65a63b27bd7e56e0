import type { Grant } from "./grant.ts";

/** A search of the trail that somebody keeps under a name. */
export interface SavedSearchRow {
  /** `svs_` and 26 characters of Crockford base32. */
  readonly id: string;
  readonly name: string;
  /** Canonical JSON of the filter. */
  readonly filter: string;
  readonly savedAtMs: number;
}

/** Port: searches of the grant's principal alone. Each call needs `trail.read`. */
export interface SavedSearchStore<Tx> {
  /** By name. */
  own(grant: Grant): Promise<readonly SavedSearchRow[]>;
  /** Throws `search.taken` where the name is one of theirs, `search.full` where fifty are kept. */
  save(tx: Tx, grant: Grant, row: SavedSearchRow): Promise<void>;
  /** Throws `search.taken`; false where there is none of theirs with this id. */
  rename(tx: Tx, grant: Grant, id: string, name: string): Promise<boolean>;
  /** False where there is none of theirs with this id. */
  remove(tx: Tx, grant: Grant, id: string): Promise<boolean>;
}
