import { SallyportError } from "@sallyport/errors";
import type { Session, SessionState, SessionStore } from "@sallyport/people";
import type { Database, Tx } from "./database.ts";

/** A token is kept a minute longer than it lives, as clocks differ a little. */
const TOKEN_KEPT_S = 60;

/** Sessions of people, in Postgres: by the hashes of their secrets alone. */
export function sessionStore(database: Database): SessionStore<Tx> {
  return {
    async epoch() {
      const [row] = await database.run<{ value: string }>`SELECT value FROM people.epoch`;
      if (row === undefined) throw new SallyportError("policy.unavailable");
      return BigInt(row.value);
    },

    async snapshot(sinceMs) {
      const [row] = await database.run<{ epoch: string; sessions: readonly SessionState[] }>`SELECT epoch, sessions FROM people.session_snapshot(${sinceMs})`;
      if (row === undefined) throw new SallyportError("policy.unavailable");
      return { epoch: BigInt(row.epoch), sessions: row.sessions };
    },

    async begin(tx, { id, person, principal, via, workload, method, startedMs, lastSeenMs, endsMs }, secretHash) {
      await tx`
        INSERT INTO people.sessions (id, secret_hash, person, principal, via, workload, method, started_ms, last_seen_ms, ends_ms)
        VALUES (${id}, ${secretHash}, ${person}, ${principal}, ${via}, ${workload}, ${method}, ${startedMs}, ${lastSeenMs}, ${endsMs})`;
    },

    async bySecret(secretHash) {
      const [row] = await database.run<Session>`
        SELECT id, person, principal, via, workload, method, started_ms::float8 AS "startedMs", last_seen_ms::float8 AS "lastSeenMs", ends_ms::float8 AS "endsMs",
               ended_why AS ended
          FROM people.sessions WHERE secret_hash = ${secretHash}`;
      return row ?? null;
    },

    async byId(id) {
      const [row] = await database.run<Session>`
        SELECT id, person, principal, via, workload, method, started_ms::float8 AS "startedMs", last_seen_ms::float8 AS "lastSeenMs", ends_ms::float8 AS "endsMs",
               ended_why AS ended
          FROM people.sessions WHERE id = ${id}`;
      return row ?? null;
    },

    async byToken(jti) {
      const [row] = await database.run<SessionState>`
        SELECT s.id, s.person, s.principal, s.via, s.workload, s.method, s.started_ms::float8 AS "startedMs", s.last_seen_ms::float8 AS "lastSeenMs",
               s.ends_ms::float8 AS "endsMs", s.ended_why AS ended, (SELECT json_agg(o.jti) FROM people.session_tokens o WHERE o.session = s.id) AS tokens
          FROM people.session_tokens t JOIN people.sessions s ON s.id = t.session WHERE t.jti = ${jti}`;
      return row ?? null;
    },

    async addToken(tx, session, jti, expS) {
      // Held until the token is noted, so that it can't be noted for a session that ends meanwhile.
      const live = await tx`SELECT 1 FROM people.sessions WHERE id = ${session} AND ended_ms IS NULL FOR UPDATE`;
      if (live.length === 0) return false;
      await tx`DELETE FROM people.session_tokens WHERE session = ${session} AND exp_s < extract(epoch FROM now()) - ${TOKEN_KEPT_S}::bigint`;
      await tx`INSERT INTO people.session_tokens (jti, session, exp_s) VALUES (${jti}, ${session}, ${expS})`;
      return true;
    },

    async seen(sessions) {
      if (sessions.length === 0) return;
      await database.run`
        UPDATE people.sessions s SET last_seen_ms = greatest(s.last_seen_ms, n."atMs")
          FROM json_to_recordset(${JSON.stringify(sessions)}::text::json) AS n (id text, "atMs" bigint)
         WHERE s.id = n.id AND s.ended_ms IS NULL`;
    },

    async end(tx, session, why, nowMs) {
      const rows = await tx`UPDATE people.sessions SET ended_ms = ${nowMs}, ended_why = ${why} WHERE id = ${session} AND ended_ms IS NULL RETURNING 1`;
      return rows.length === 1;
    },

    async endAll(tx, person, why, nowMs, except = "") {
      const rows = await tx<{ id: string }>`
        UPDATE people.sessions SET ended_ms = ${nowMs}, ended_why = ${why} WHERE person = ${person} AND id <> ${except} AND ended_ms IS NULL RETURNING id`;
      return rows.map(({ id }) => id);
    },

    due: ({ idleBeforeMs, nowMs }) => database.run<Session>`
      SELECT id, person, principal, via, workload, method, started_ms::float8 AS "startedMs", last_seen_ms::float8 AS "lastSeenMs", ends_ms::float8 AS "endsMs",
             ended_why AS ended
        FROM people.sessions WHERE ended_ms IS NULL AND (last_seen_ms < ${idleBeforeMs} OR ends_ms <= ${nowMs}) ORDER BY id LIMIT 100`,

    of: (person, nowMs) => database.run<Session>`
      SELECT id, person, principal, via, workload, method, started_ms::float8 AS "startedMs", last_seen_ms::float8 AS "lastSeenMs", ends_ms::float8 AS "endsMs",
             ended_why AS ended
        FROM people.sessions WHERE person = ${person} AND ended_ms IS NULL AND ends_ms > ${nowMs} ORDER BY started_ms, id`,
  };
}
