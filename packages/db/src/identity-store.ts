import { SallyportError } from "@sallyport/errors";
import type { Identity, IdentityStore } from "@sallyport/people";
import type { Database, Tx } from "./database.ts";
import { isSqlState } from "./database-failure.ts";

/** Identities at external providers, in Postgres: by a keyed hash of issuer and subject, so that who has which account elsewhere isn't here. */
export const identityStore = (database: Database): IdentityStore<Tx> => ({
  async link(tx, { id, person, issuer, name, linkedAtMs }) {
    try {
      await tx`INSERT INTO people.identities (id, person, issuer, name, linked_at_ms) VALUES (${id}, ${person}, ${issuer}, ${name}, ${linkedAtMs})`;
    } catch (error) {
      throw isSqlState(error, "23505") ? new SallyportError("enrolment.refused") : error;
    }
  },
  async byName(name) {
    const [row] = await database.run<Identity>`
      SELECT id, person, issuer, name, linked_at_ms::float8 AS "linkedAtMs", last_used_at_ms::float8 AS "lastUsedAtMs" FROM people.identities WHERE name = ${name}`;
    return row ?? null;
  },
  of: (person) => database.run<Identity>`
    SELECT id, person, issuer, name, linked_at_ms::float8 AS "linkedAtMs", last_used_at_ms::float8 AS "lastUsedAtMs"
      FROM people.identities WHERE person = ${person} ORDER BY linked_at_ms, id`,
  async use(tx, id, nowMs) {
    const rows = await tx`UPDATE people.identities SET last_used_at_ms = ${nowMs} WHERE id = ${id} RETURNING 1`;
    return rows.length === 1;
  },
  async unlink(tx, person, id) {
    const rows = await tx`DELETE FROM people.identities WHERE person = ${person} AND id = ${id} RETURNING 1`;
    return rows.length === 1;
  },
});
