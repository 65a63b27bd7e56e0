import type { Assignee, AssignmentStore } from "@sallyport/policy";
import type { Statement } from "./connection.ts";
import type { Database, Tx } from "./database.ts";

/** Assignments in Postgres. Each change moves the policy's epoch, by a trigger. */
export function assignmentStore(database: Database): AssignmentStore<Tx> {
  return {
    find: (principal) => read(database.run, principal),

    async lock(tx, principal) {
      await tx`SELECT 1 FROM policy.principals WHERE id = ${principal} FOR UPDATE`;
      // A statement of its own: it sees what the one before waited for.
      return read(tx, principal);
    },

    async assign(tx, principal, { role, study, site, fromMs, untilMs }) {
      const rows = await tx`
        INSERT INTO policy.assignments (principal, role, study, site, from_ms, until_ms)
        SELECT ${principal}, ${role}, ${study}, ${site}, ${fromMs}::bigint, ${untilMs}::bigint
         WHERE NOT EXISTS (SELECT 1 FROM policy.assignments a WHERE a.principal = ${principal} AND a.role = ${role} AND a.study = ${study} AND a.site = ${site}
                              AND (a.until_ms IS NULL OR a.until_ms > ${fromMs}::bigint) AND (${untilMs}::bigint IS NULL OR a.from_ms < ${untilMs}::bigint))
        RETURNING 1`;
      return rows.length === 1;
    },

    async end(tx, principal, { role, study, site, fromMs }, atMs) {
      const rows = await tx`
        UPDATE policy.assignments SET until_ms = greatest(from_ms, ${atMs}::bigint)
         WHERE principal = ${principal} AND role = ${role} AND study = ${study} AND site = ${site} AND from_ms = ${fromMs}::bigint
           AND (until_ms IS NULL OR until_ms > greatest(from_ms, ${atMs}::bigint)) RETURNING 1`;
      return rows.length === 1;
    },
  };
}

async function read(statement: Statement, principal: string): Promise<Assignee | null> {
  const [row] = await statement<Assignee>`
    SELECT p.id, p.kind, p.person, p.status,
           CASE WHEN q.id IS NULL THEN p.name ELSE q.printed_name || ' (' || q.username || ')' END AS label,
           (SELECT coalesce(json_agg(json_build_object('role', a.role, 'study', a.study, 'site', a.site, 'fromMs', a.from_ms, 'untilMs', a.until_ms)
                                     ORDER BY a.role, a.study, a.site, a.from_ms), '[]')
              FROM policy.assignments a WHERE a.principal = p.id) AS assignments
      FROM policy.principals p LEFT JOIN people.persons q ON q.principal = p.id WHERE p.id = ${principal}`;
  return row ?? null;
}
