import type { ChangeStore } from "@sallyport/phi";
import type { Database, Tx } from "./database.ts";
import { withGrant } from "./site-context.ts";

/** Sealed values of changes in Postgres: inserted inside the change's own transaction, and readable by this role through the owner's functions alone. */
export function changeStore(database: Database): ChangeStore<Tx> {
  return {
    async insert(tx, { id, requestId, sealed, commitment }) {
      await tx`INSERT INTO audit.changes (id, request_id, sealed, commitment) VALUES (${id}, ${requestId}, ${sealed}, ${commitment})`;
    },

    async reason(grant, { requestId, commitment }) {
      grant.assert("trail.read");
      return withGrant(database, grant, async (tx) => {
        const [row] = await tx<{ id: string; sealed: string; commitment: string }>`SELECT id, sealed, commitment FROM audit.reason_of(${requestId}, ${commitment})`;
        return row ?? null;
      });
    },
  };
}
