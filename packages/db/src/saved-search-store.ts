import { SallyportError } from "@sallyport/errors";
import type { Grant, SavedSearchRow, SavedSearchStore } from "@sallyport/policy";
import type { Database, Tx } from "./database.ts";
import { isSqlState } from "./database-failure.ts";
import { enterGrant, withGrant } from "./site-context.ts";

interface StoredSearch extends Omit<SavedSearchRow, "savedAtMs"> {
  readonly saved_at_ms: string;
}

/** As many as the table has places for. */
const KEPT_MAX = 50;

/** Saved searches in Postgres; row security leaves each principal its own. */
export function savedSearchStore(database: Database): SavedSearchStore<Tx> {
  return {
    async own(grant) {
      grant.assert("trail.read");
      const rows = await withGrant(
        database,
        grant,
        (tx) => tx<StoredSearch>`SELECT id, name, filter, saved_at_ms FROM audit.saved_searches WHERE principal = ${grant.principal} ORDER BY lower(name), name`,
      );
      return rows.map(({ saved_at_ms, ...row }) => ({ ...row, savedAtMs: Number(saved_at_ms) }));
    },

    async save(tx, grant, { id, name, filter, savedAtMs }) {
      const { principal } = grant;
      await assertFree(tx, grant, id, name);
      const rows = await unlessRaced(tx`
        INSERT INTO audit.saved_searches (id, principal, place, name, filter, saved_at_ms)
        SELECT ${id}, ${principal}, n.place, ${name}, ${filter}, ${savedAtMs}::bigint FROM generate_series(1, ${KEPT_MAX}::integer) AS n (place)
         WHERE NOT EXISTS (SELECT 1 FROM audit.saved_searches s WHERE s.principal = ${principal} AND s.place = n.place)
         ORDER BY n.place LIMIT 1 RETURNING 1`);
      if (rows.length === 0) throw new SallyportError("search.full");
    },

    async rename(tx, grant, id, name) {
      await assertFree(tx, grant, id, name);
      const rows = await unlessRaced(tx`UPDATE audit.saved_searches SET name = ${name} WHERE id = ${id} AND principal = ${grant.principal} RETURNING 1`);
      return rows.length === 1;
    },

    async remove(tx, grant, id) {
      grant.assert("trail.read");
      await enterGrant(tx, grant);
      const rows = await tx`DELETE FROM audit.saved_searches WHERE id = ${id} AND principal = ${grant.principal} RETURNING 1`;
      return rows.length === 1;
    },
  };
}

/** Another window of the same person took the name or the place at the same moment: a retry finds it taken. */
async function unlessRaced<T>(statement: Promise<T>): Promise<T> {
  try {
    return await statement;
  } catch (error) {
    throw isSqlState(error, "23505") ? new SallyportError("service.busy") : error;
  }
}

/** Puts the transaction at the grant, and throws `search.taken` where another search of the principal has the name. */
async function assertFree(tx: Tx, grant: Grant, id: string, name: string): Promise<void> {
  grant.assert("trail.read");
  await enterGrant(tx, grant);
  const taken = await tx`SELECT 1 FROM audit.saved_searches WHERE principal = ${grant.principal} AND name = ${name} AND id <> ${id}`;
  if (taken.length > 0) throw new SallyportError("search.taken");
}
