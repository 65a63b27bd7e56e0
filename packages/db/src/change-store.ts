import type { ChangeStore } from "@sallyport/phi";
import type { Tx } from "./database.ts";

/** Sealed values of changes in Postgres: inserted inside the change's own transaction, and never readable by this role. */
export function changeStore(): ChangeStore<Tx> {
  return {
    async insert(tx, { id, requestId, sealed, commitment }) {
      await tx`INSERT INTO audit.changes (id, request_id, sealed, commitment) VALUES (${id}, ${requestId}, ${sealed}, ${commitment})`;
    },
  };
}
