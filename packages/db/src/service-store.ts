import type { EnrolmentRequest, ServiceRow, ServiceStore } from "@sallyport/policy";
import type { Statement } from "./connection.ts";
import type { Database, Tx } from "./database.ts";

interface StoredService extends Omit<ServiceRow, "created" | "leftAtMs" | "seen"> {
  readonly title: string | null;
  readonly createdAtMs: string | null;
  readonly leftAtMs: string | null;
  readonly serial: string | null;
  readonly notAfterMs: string | null;
  readonly seenAtMs: string | null;
}

/** Services in Postgres. What they may do stands with their principals; a change of it moves the policy's epoch, by a trigger. */
export function serviceStore(database: Database): ServiceStore<Tx> {
  return {
    list: () => read(database.run, null),

    async lock(tx, service) {
      await tx`SELECT 1 FROM policy.principals WHERE kind = 'service' AND substring(workload FROM '/service/([^/]+)$') = ${service} FOR UPDATE`;
      // A statement of its own: it sees what the one before waited for.
      const [row] = await read(tx, service);
      return row ?? null;
    },

    async register(tx, { principal, service, workload, title, atMs }) {
      const added = await tx`
        INSERT INTO policy.principals (id, name, kind, person, workload) VALUES (${principal}, ${service}, 'service', ${principal}, ${workload})
        ON CONFLICT DO NOTHING RETURNING 1`;
      if (added.length === 0) return false;
      await tx`INSERT INTO policy.services (principal, title, created_at_ms) VALUES (${principal}, ${title}, ${atMs}::bigint)`;
      return true;
    },

    async leave(tx, principal, atMs) {
      // No token that could have been minted by now is good, and none of another clock's that runs a little ahead.
      await tx`UPDATE policy.principals SET status = 'suspended', tokens_from_s = ${Math.ceil(atMs / 1000) + 1}::bigint WHERE id = ${principal}`;
      const ended = await tx`
        UPDATE policy.assignments SET until_ms = greatest(from_ms, ${atMs}::bigint)
         WHERE principal = ${principal} AND (until_ms IS NULL OR until_ms > greatest(from_ms, ${atMs}::bigint)) RETURNING 1`;
      await tx`INSERT INTO policy.left_services (principal, at_ms) VALUES (${principal}, ${atMs}::bigint)`;
      return ended.length;
    },

    async withdrawAbout(tx, { principal, service, but, atMs }) {
      const rows = await tx`SELECT id FROM approvals.withdraw_about_service(${principal}, ${service}, ${but ?? ""}, ${atMs}::bigint)`;
      return rows.length;
    },

    async enrolmentBy(codeKey) {
      const [row] = await database.run<EnrolmentRequest>`SELECT id, statement, state FROM approvals.enrolment_by(${codeKey})`;
      return row ?? null;
    },

    async saw(principal, { serial, notAfterMs, atMs }) {
      await database.run`
        INSERT INTO policy.seen_services (principal, serial, not_after_ms, seen_at_ms) VALUES (${principal}, ${serial}, ${notAfterMs}::bigint, ${atMs}::bigint)
        ON CONFLICT (principal) DO UPDATE SET serial = excluded.serial, not_after_ms = excluded.not_after_ms, seen_at_ms = excluded.seen_at_ms`;
    },
  };
}

/** One service by its name, or all of them, by name. */
async function read(statement: Statement, service: string | null): Promise<readonly ServiceRow[]> {
  const rows = await statement<StoredService>`
    SELECT p.id AS principal, n.service, p.workload, p.status, c.title, c.created_at_ms AS "createdAtMs", l.at_ms AS "leftAtMs",
           s.serial, s.not_after_ms AS "notAfterMs", s.seen_at_ms AS "seenAtMs",
           (SELECT coalesce(json_agg(json_build_object('role', a.role, 'study', a.study, 'site', a.site, 'fromMs', a.from_ms, 'untilMs', a.until_ms)
                                     ORDER BY a.role, a.study, a.site, a.from_ms), '[]')
              FROM policy.assignments a WHERE a.principal = p.id) AS assignments
      FROM policy.principals p
     CROSS JOIN LATERAL (SELECT coalesce(substring(p.workload FROM '/service/([^/]+)$'), p.name) AS service) n
      LEFT JOIN policy.services c ON c.principal = p.id
      LEFT JOIN policy.left_services l ON l.principal = p.id
      LEFT JOIN policy.seen_services s ON s.principal = p.id
     WHERE p.kind = 'service' AND (${service}::text IS NULL OR substring(p.workload FROM '/service/([^/]+)$') = ${service})
     ORDER BY n.service, p.id`;
  return rows.map(({ title, createdAtMs, leftAtMs, serial, notAfterMs, seenAtMs, ...row }) => ({
    ...row,
    created: title === null ? null : { title, atMs: Number(createdAtMs) },
    leftAtMs: leftAtMs === null ? null : Number(leftAtMs),
    seen: serial === null ? null : { serial, notAfterMs: Number(notAfterMs), atMs: Number(seenAtMs) },
  }));
}
