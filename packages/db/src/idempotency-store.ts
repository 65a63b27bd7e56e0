import type { IdempotencyStore } from "@sallyport/policy";
import type { Database, Tx } from "./database.ts";

/** Outcomes of changes by principal and key. A claim commits with its change, so there is an outcome exactly where there is an effect. */
export function idempotencyStore(database: Database): IdempotencyStore<Tx> {
  return {
    async find(principal, key) {
      const [row] = await database.run<{ procedure: string; salt: string; digest: string; outcome: string }>`
        SELECT procedure, salt, digest, outcome::text AS outcome FROM boundary.idempotency WHERE principal = ${principal} AND key = ${key}`;
      return row === undefined ? null : { ...row, outcome: JSON.parse(row.outcome) as unknown };
    },
    async claim(tx, { principal, key, procedure, salt, digest, outcome }) {
      const rows = await tx`
        INSERT INTO boundary.idempotency (principal, key, procedure, salt, digest, outcome)
        VALUES (${principal}, ${key}, ${procedure}, ${salt}, ${digest}, ${JSON.stringify(outcome ?? null)}::text::json)
        ON CONFLICT DO NOTHING RETURNING 1`;
      return rows.length === 1;
    },
  };
}
