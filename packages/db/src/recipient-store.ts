import { SallyportError } from "@sallyport/errors";
import type { RecipientRow, RecipientStore } from "@sallyport/submission";
import type { Statement } from "./connection.ts";
import type { Database, Tx } from "./database.ts";
import { isSqlState } from "./database-failure.ts";

interface StoredRecipient extends Omit<RecipientRow, "lastKey" | "atMs"> {
  readonly last_key: string;
  readonly at_ms: string;
}

/** Recipients in Postgres (0037-egress.sql). They belong to the deployment. */
export function recipientStore(database: Database): RecipientStore<Tx> {
  return {
    list: () => read(database.run, null),

    async byId(tx, id) {
      const [row] = await read(tx, id);
      return row ?? null;
    },

    async lockByKey(tx, key) {
      await tx`SELECT egress.hold_recipients()`;
      // A statement of its own: it sees what the one before waited for.
      const [row] = await tx<{ recipient: string }>`SELECT v.recipient FROM egress.recipient_version v WHERE v.key = ${key} LIMIT 1`;
      return row?.recipient ?? null;
    },

    async insert(tx, { id, kind, version, name, key, approval, atMs }) {
      try {
        if (version === 1) await tx`INSERT INTO egress.recipient (id, kind, registered_at_ms) VALUES (${id}, ${kind}, ${atMs})`;
        await tx`INSERT INTO egress.recipient_version (recipient, version, name, key, approval, at_ms) VALUES (${id}, ${version}, ${name}, ${key}, ${approval}, ${atMs})`;
      } catch (error) {
        if (isSqlState(error, "23505", "23514")) throw new SallyportError("recipient.state");
        throw error;
      }
    },
  };
}

async function read(statement: Statement, id: string | null): Promise<readonly RecipientRow[]> {
  const rows = await statement<StoredRecipient>`
    SELECT r.id, r.kind, r.version, r.name, r.key, r.last_key, r.approval, r.at_ms FROM egress.recipients r WHERE ${id}::text IS NULL OR r.id = ${id} ORDER BY r.name, r.id`;
  return rows.map(({ last_key: lastKey, at_ms: atMs, ...row }) => ({ ...row, lastKey, atMs: Number(atMs) }));
}
