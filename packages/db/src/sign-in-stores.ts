import type { AttemptStore, Ceremony, CeremonyStore, Link, LinkStore, Method, PeopleStores, TerminalStore } from "@sallyport/people";
import type { Database, Tx } from "./database.ts";
import { identityStore } from "./identity-store.ts";
import { peopleStore } from "./people-store.ts";
import { sessionStore } from "./session-store.ts";

/** Failed attempts in Postgres. A claim is one statement, so that of many at once no more than the limit are evaluated. */
function attemptStore(database: Database): AttemptStore {
  return {
    async claim(name, method, { nowMs, limit, lockMs }) {
      // A row whose lock is over counts from one again; a row that is locked isn't touched, and so isn't returned.
      const [row] = await database.run<{ locks: boolean }>`
        INSERT INTO people.attempts AS a (name, method, failures, locked_until_ms, touched_ms)
        VALUES (${name}, ${method}, 1, CASE WHEN 1 >= ${limit}::int THEN ${nowMs + lockMs}::bigint END, ${nowMs})
        ON CONFLICT (name, method) DO UPDATE SET
          failures = CASE WHEN a.locked_until_ms IS NULL THEN a.failures + 1 ELSE 1 END,
          locked_until_ms = CASE WHEN (CASE WHEN a.locked_until_ms IS NULL THEN a.failures + 1 ELSE 1 END) >= ${limit}::int THEN ${nowMs + lockMs}::bigint END,
          touched_ms = excluded.touched_ms
        WHERE a.locked_until_ms IS NULL OR a.locked_until_ms <= ${nowMs}
        RETURNING locked_until_ms IS NOT NULL AS locks`;
      return row === undefined ? { isOpen: false, locks: false } : { isOpen: true, locks: row.locks };
    },
    async clear(name, method) {
      await database.run`DELETE FROM people.attempts WHERE name = ${name} AND method = ${method}`;
    },
    locked: (names, nowMs) => database.run<{ name: string; method: Method; untilMs: number }>`
      SELECT name, method, locked_until_ms::float8 AS "untilMs" FROM people.attempts
       WHERE name = ANY (string_to_array(${names.join("\n")}, E'\n')) AND locked_until_ms > ${nowMs} ORDER BY name, method`,
    async prune(beforeMs) {
      await database.run`DELETE FROM people.attempts WHERE touched_ms < ${beforeMs}`;
    },
  };
}

function ceremonyStore(database: Database): CeremonyStore {
  return {
    async put({ id, purpose, binding, expected, expiresMs }) {
      await database.run`INSERT INTO people.ceremonies (id, purpose, binding, expected, expires_ms) VALUES (${id}, ${purpose}, ${binding}, ${expected}, ${expiresMs})`;
    },
    async read(id, purpose, nowMs) {
      const [row] = await database.run<Ceremony>`
        SELECT id, purpose, binding, expected, expires_ms::float8 AS "expiresMs" FROM people.ceremonies
         WHERE id = ${id} AND purpose = ${purpose} AND expires_ms > ${nowMs}`;
      return row ?? null;
    },
    async take(id, purpose, nowMs) {
      const [row] = await database.run<Ceremony>`
        DELETE FROM people.ceremonies WHERE id = ${id} RETURNING id, purpose, binding, expected, expires_ms::float8 AS "expiresMs"`;
      return row !== undefined && row.purpose === purpose && row.expiresMs > nowMs ? row : null;
    },
    async prune(nowMs) {
      await database.run`DELETE FROM people.ceremonies WHERE expires_ms <= ${nowMs}`;
    },
  };
}

function linkStore(database: Database): LinkStore<Tx> {
  return {
    async issue(tx, { id, kind, person, approval, expiresMs }, secretHash) {
      await tx`UPDATE people.links SET state = 'replaced' WHERE person = ${person} AND state = 'open'`;
      await tx`
        INSERT INTO people.links (id, secret_hash, kind, person, approval, expires_ms)
        VALUES (${id}, ${secretHash}, ${kind}, ${person}, ${approval}, ${expiresMs})`;
    },
    async open(secretHash, nowMs) {
      const [row] = await database.run<Link>`
        SELECT id, kind, person, approval, expires_ms::float8 AS "expiresMs" FROM people.links
         WHERE secret_hash = ${secretHash} AND state = 'open' AND expires_ms > ${nowMs}`;
      return row ?? null;
    },
    async use(tx, secretHash, nowMs) {
      const rows = await tx`UPDATE people.links SET state = 'used' WHERE secret_hash = ${secretHash} AND state = 'open' AND expires_ms > ${nowMs} RETURNING 1`;
      return rows.length === 1;
    },
  };
}

interface TerminalRow {
  readonly state: "pending" | "refused" | "granted";
  readonly workload: string;
  readonly person: string | null;
  readonly session: string | null;
}

function terminalStore(database: Database): TerminalStore<Tx> {
  return {
    async ask({ deviceHash, userHash, workload, expiresMs }) {
      await database.run`INSERT INTO people.terminals (device_hash, user_hash, workload, expires_ms) VALUES (${deviceHash}, ${userHash}, ${workload}, ${expiresMs})`;
    },
    async decide(tx, userHash, { person, session, isGranted }, nowMs) {
      const rows = await tx`
        UPDATE people.terminals SET state = ${isGranted ? "granted" : "refused"}, person = ${person}, session = ${session}
         WHERE user_hash = ${userHash} AND state = 'pending' AND expires_ms > ${nowMs} RETURNING 1`;
      return rows.length === 1;
    },
    async state(deviceHash, nowMs) {
      const [row] = await database.run<TerminalRow>`
        SELECT state, workload, person, session FROM people.terminals WHERE device_hash = ${deviceHash} AND expires_ms > ${nowMs}`;
      return row ?? null;
    },
    async take(tx, deviceHash) {
      const rows = await tx`DELETE FROM people.terminals WHERE device_hash = ${deviceHash} AND state = 'granted' RETURNING 1`;
      return rows.length === 1;
    },
    async prune(nowMs) {
      await database.run`DELETE FROM people.terminals WHERE expires_ms <= ${nowMs}`;
    },
  };
}

/** All stores of people, in Postgres. */
export const peopleStores = (database: Database): PeopleStores<Tx> => ({
  people: peopleStore(database),
  attempts: attemptStore(database),
  sessions: sessionStore(database),
  ceremonies: ceremonyStore(database),
  links: linkStore(database),
  identities: identityStore(database),
  terminals: terminalStore(database),
});
