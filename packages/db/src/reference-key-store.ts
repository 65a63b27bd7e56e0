import { SallyportError } from "@sallyport/errors";
import type { ReferenceKeyStore } from "@sallyport/phi";
import type { Database } from "./database.ts";

/** Wrapped keys that belong to no subject and no packet. The first one stands, whoever made it. */
export function referenceKeyStore(database: Database): ReferenceKeyStore {
  const get = async (id: string): Promise<string | null> => {
    const [row] = await database.run<{ wrapped: string }>`SELECT wrapped FROM phi.reference_keys WHERE id = ${id}`;
    return row?.wrapped ?? null;
  };
  return {
    get,
    async putIfAbsent(id, wrapped) {
      await database.run`INSERT INTO phi.reference_keys (id, wrapped) VALUES (${id}, ${wrapped}) ON CONFLICT DO NOTHING`;
      const standing = await get(id);
      if (standing === null) throw new SallyportError("internal", { key: id });
      return standing;
    },
  };
}
