import { SallyportError } from "@sallyport/errors";
import type { Authenticator, Holder, Passkey, PasswordPair, PeopleStore, Person, PersonOverview } from "@sallyport/people";
import type { Database, Tx } from "./database.ts";
import { isSqlState } from "./database-failure.ts";

const NOBODY: readonly never[] = [];

/** People and what they sign in with, in Postgres. Names stay with whoever had them first: no person is ever deleted. */
export function peopleStore(database: Database): PeopleStore<Tx> {
  const passkeys = (person: string): Promise<readonly Passkey[]> => database.run<Passkey>`
    SELECT id, person, 'passkey' AS kind, credential_id AS "credentialId", public_key AS "publicKey", counter::float8 AS counter, label, basis,
           added_at_ms::float8 AS "addedAtMs", last_used_at_ms::float8 AS "lastUsedAtMs"
      FROM people.passkeys WHERE person = ${person} ORDER BY added_at_ms, id`;
  const passwordOf = async (person: string): Promise<PasswordPair | null> => {
    const [row] = await database.run<PasswordPair>`
      SELECT id, person, 'password' AS kind, hash, sealed_totp AS "sealedTotp", last_step::float8 AS "lastStep", label, basis,
             added_at_ms::float8 AS "addedAtMs", last_used_at_ms::float8 AS "lastUsedAtMs"
        FROM people.passwords WHERE person = ${person}`;
    return row ?? null;
  };

  return {
    async register(tx, { id, principal, username, printedName, status }) {
      try {
        await tx`INSERT INTO policy.principals (id, name, kind, person, workload) VALUES (${principal}, ${printedName}, 'person', ${id}, NULL)`;
        await tx`INSERT INTO people.persons (id, principal, username, printed_name, status) VALUES (${id}, ${principal}, ${username}, ${printedName}, ${status})`;
      } catch (error) {
        throw isSqlState(error, "23505") ? new SallyportError("people.taken") : error;
      }
    },

    async assign(tx, principal, { role, study, site, fromMs, untilMs }) {
      await tx`
        INSERT INTO policy.assignments (principal, role, study, site, from_ms, until_ms)
        SELECT ${principal}, ${role}, ${study}, ${site}, ${fromMs}::bigint, ${untilMs}::bigint
         WHERE NOT EXISTS (SELECT 1 FROM policy.assignments a WHERE a.principal = ${principal} AND a.role = ${role} AND a.study = ${study} AND a.site = ${site}
                              AND a.from_ms <= ${fromMs}::bigint AND (a.until_ms IS NULL OR a.until_ms > ${fromMs}::bigint))`;
    },

    async byId(id) {
      const [row] = await database.run<Person>`SELECT id, principal, username, printed_name AS "printedName", status FROM people.persons WHERE id = ${id}`;
      return row ?? null;
    },

    async byUsername(username) {
      const [row] = await database.run<Person>`SELECT id, principal, username, printed_name AS "printedName", status FROM people.persons WHERE username = ${username}`;
      return row ?? null;
    },

    async byPrincipal(principal) {
      const [row] = await database.run<Person>`SELECT id, principal, username, printed_name AS "printedName", status FROM people.persons WHERE principal = ${principal}`;
      return row ?? null;
    },

    list: (nowMs) => database.run<PersonOverview>`
      SELECT p.id, p.principal, p.username, p.printed_name AS "printedName", p.status,
             (SELECT coalesce(json_agg(json_build_object('role', a.role, 'study', a.study, 'site', a.site, 'fromMs', a.from_ms, 'untilMs', a.until_ms)
                                       ORDER BY a.role, a.study, a.site, a.from_ms), '[]')
                FROM policy.assignments a WHERE a.principal = p.principal) AS assignments,
             (SELECT count(*)::int FROM people.passkeys k WHERE k.person = p.id) AS passkeys,
             EXISTS (SELECT 1 FROM people.passwords w WHERE w.person = p.id) AS "hasPassword",
             (SELECT count(*)::int FROM people.sessions s WHERE s.person = p.id AND s.ended_ms IS NULL AND s.ends_ms > ${nowMs}) AS sessions,
             EXISTS (SELECT 1 FROM policy.locks l WHERE l.kind = 'person' AND l.target = p.id AND l.lifted_at_ms IS NULL
                        AND (l.until_ms IS NULL OR l.until_ms > ${nowMs}::bigint)) AS "isLocked",
             (SELECT max(s.last_seen_ms)::float8 FROM people.sessions s WHERE s.person = p.id) AS "lastSeenMs",
             (SELECT json_build_object('how', i.how, 'atMs', i.at_ms) FROM people.identity_checks i WHERE i.person = p.id ORDER BY i.at_ms DESC LIMIT 1) AS identity
        FROM people.persons p ORDER BY p.username`,

    async lock(tx, id) {
      const [row] = await tx<Person>`SELECT id, principal, username, printed_name AS "printedName", status FROM people.persons WHERE id = ${id} FOR UPDATE`;
      return row ?? null;
    },

    async setStatus(tx, id, status, nowMs) {
      await tx`UPDATE people.persons SET status = ${status} WHERE id = ${id}`;
      // The next whole second: tokens say when they were issued by the second, and one of this second may be older than this act.
      await tx`
        UPDATE policy.principals SET status = ${status === "suspended" ? "suspended" : "active"},
               tokens_from_s = CASE WHEN ${status === "suspended"} THEN ${Math.floor(nowMs / 1000) + 1} ELSE tokens_from_s END
         WHERE id = (SELECT principal FROM people.persons WHERE id = ${id})`;
    },

    async lockHolders(tx, role, nowMs) {
      await tx`
        SELECT 1 FROM people.persons p
         WHERE EXISTS (SELECT 1 FROM policy.assignments a WHERE a.principal = p.principal AND a.role = ${role} AND a.study = '*' AND a.site = '*'
                          AND a.from_ms <= ${nowMs} AND (a.until_ms IS NULL OR a.until_ms > ${nowMs}))
         ORDER BY p.id FOR UPDATE OF p`;
      // A statement of its own: what the one before waited for may have ended an assignment, which a locked row of a person doesn't show.
      return tx<Holder>`
        SELECT p.id, bool_or(a.until_ms IS NULL) AS "isLasting" FROM people.persons p JOIN policy.assignments a ON a.principal = p.principal
         WHERE p.status = 'active' AND a.role = ${role} AND a.study = '*' AND a.site = '*'
           AND a.from_ms <= ${nowMs} AND (a.until_ms IS NULL OR a.until_ms > ${nowMs})
         GROUP BY p.id ORDER BY p.id`;
    },

    async offboard(tx, id, nowMs) {
      const sessions = await tx`
        UPDATE people.sessions SET ended_ms = ${nowMs}, ended_why = 'ended_by_administrator' WHERE person = ${id} AND ended_ms IS NULL RETURNING 1`;
      const credentialIds = await removeAuthenticators(tx, id);
      await tx`UPDATE people.links SET state = 'replaced' WHERE person = ${id} AND state = 'open'`;
      await tx`DELETE FROM people.terminals WHERE person = ${id}`;
      await tx`DELETE FROM people.notice_addresses WHERE person = ${id}`;
      const assignments = await tx`
        UPDATE policy.assignments SET until_ms = greatest(from_ms, ${nowMs}::bigint)
         WHERE principal IN (SELECT a.id FROM policy.principals a WHERE a.person = ${id}) AND (until_ms IS NULL OR until_ms > greatest(from_ms, ${nowMs}::bigint)) RETURNING 1`;
      await tx`UPDATE policy.principals SET status = 'suspended', tokens_from_s = ${Math.floor(nowMs / 1000) + 1} WHERE person = ${id}`;
      await tx`UPDATE people.persons SET status = 'left' WHERE id = ${id}`;
      return { sessions: sessions.length, assignments: assignments.length, credentialIds };
    },

    async noticeAddress(tx, person) {
      const [row] = await (tx ?? database.run)<{ address: string }>`SELECT address FROM people.notice_addresses WHERE person = ${person}`;
      return row?.address ?? null;
    },

    async setNoticeAddress(tx, { person, address, by, atMs }) {
      if (address === null) await tx`DELETE FROM people.notice_addresses WHERE person = ${person}`;
      else
        await tx`
          INSERT INTO people.notice_addresses (person, address, set_by, at_ms) VALUES (${person}, ${address}, ${by}, ${atMs})
          ON CONFLICT (person) DO UPDATE SET address = excluded.address, set_by = excluded.set_by, at_ms = excluded.at_ms`;
    },

    async checkIdentity(tx, { person, by, how, reason, atMs }) {
      await tx`INSERT INTO people.identity_checks (person, at_ms, checked_by, how, reason) VALUES (${person}, ${atMs}, ${by}, ${how}, ${reason})`;
    },

    isIdentified: async (person) => (await database.run`SELECT 1 FROM people.identity_checks WHERE person = ${person} LIMIT 1`).length === 1,

    async isStopped(tx, person, nowMs) {
      const rows = await tx`
        SELECT 1 FROM policy.locks WHERE kind = 'person' AND target = ${person} AND lifted_at_ms IS NULL AND (until_ms IS NULL OR until_ms > ${nowMs}::bigint) LIMIT 1`;
      return rows.length === 1;
    },

    async authenticators(person) {
      const pair = await passwordOf(person);
      return [...(await passkeys(person)), ...(pair === null ? NOBODY : [pair])].map(plain);
    },

    passkeys,

    async passkeyOf(credentialId) {
      const [row] = await database.run<Passkey>`
        SELECT id, person, 'passkey' AS kind, credential_id AS "credentialId", public_key AS "publicKey", counter::float8 AS counter, label, basis,
               added_at_ms::float8 AS "addedAtMs", last_used_at_ms::float8 AS "lastUsedAtMs"
          FROM people.passkeys WHERE credential_id = ${credentialId}`;
      return row ?? null;
    },

    async addPasskey(tx, { id, person, credentialId, publicKey, counter, label, basis, addedAtMs }) {
      try {
        await tx`
          INSERT INTO people.passkeys (id, person, credential_id, public_key, counter, label, basis, added_at_ms)
          VALUES (${id}, ${person}, ${credentialId}, ${publicKey}, ${counter}, ${label}, ${basis}, ${addedAtMs})`;
      } catch (error) {
        // A credential belongs to one person, and is registered once.
        throw isSqlState(error, "23505") ? new SallyportError("enrolment.refused") : error;
      }
    },

    async usePasskey(tx, credentialId, counter, nowMs) {
      const rows = await tx`
        UPDATE people.passkeys SET counter = ${counter}, last_used_at_ms = ${nowMs}
         WHERE credential_id = ${credentialId} AND (counter < ${counter}::bigint OR (counter = 0 AND ${counter}::bigint = 0)) RETURNING 1`;
      return rows.length === 1;
    },

    passwordOf,

    async setPassword(tx, { id, person, hash, sealedTotp, lastStep, label, basis, addedAtMs }) {
      await tx`DELETE FROM people.passwords WHERE person = ${person}`;
      await tx`
        INSERT INTO people.passwords (id, person, hash, sealed_totp, last_step, label, basis, added_at_ms)
        VALUES (${id}, ${person}, ${hash}, ${sealedTotp}, ${lastStep}, ${label}, ${basis}, ${addedAtMs})`;
    },

    async useStep(tx, person, step, nowMs) {
      const rows = await tx`UPDATE people.passwords SET last_step = ${step}, last_used_at_ms = ${nowMs} WHERE person = ${person} AND last_step < ${step} RETURNING 1`;
      return rows.length === 1;
    },

    async count(tx, person) {
      const [row] = await tx<{ count: number }>`
        SELECT ((SELECT count(*) FROM people.passkeys k WHERE k.person = ${person}) + (SELECT count(*) FROM people.passwords w WHERE w.person = ${person}))::int AS count`;
      return row?.count ?? 0;
    },

    async removeAuthenticator(tx, person, authenticator) {
      const [passkey] = await tx<{ credentialId: string }>`
        DELETE FROM people.passkeys WHERE person = ${person} AND id = ${authenticator} RETURNING credential_id AS "credentialId"`;
      if (passkey !== undefined) return passkey;
      const pair = await tx`DELETE FROM people.passwords WHERE person = ${person} AND id = ${authenticator} RETURNING 1`;
      return pair.length === 1 ? { credentialId: null } : null;
    },

    removeAuthenticators,
  };
}

async function removeAuthenticators(tx: Tx, person: string): Promise<readonly string[]> {
  const rows = await tx<{ credentialId: string }>`DELETE FROM people.passkeys WHERE person = ${person} RETURNING credential_id AS "credentialId"`;
  await tx`DELETE FROM people.passwords WHERE person = ${person}`;
  await tx`DELETE FROM people.identities WHERE person = ${person}`;
  return rows.map(({ credentialId }) => credentialId);
}

const plain = ({ id, person, kind, label, basis, addedAtMs, lastUsedAtMs }: Authenticator): Authenticator => ({ id, person, kind, label, basis, addedAtMs, lastUsedAtMs });
