import { SallyportError } from "@sallyport/errors";
import type { Assignment, LivePrincipal, PolicySnapshot, PolicyStore } from "@sallyport/policy";
import type { Database, Tx } from "./database.ts";

interface SnapshotRow {
  readonly epoch: string;
  readonly active: PolicySnapshot["active"];
  readonly principals: readonly LivePrincipal[];
  readonly revoked: readonly string[];
  readonly locks: PolicySnapshot["locks"];
  readonly closed: readonly string[];
  readonly emergencies: PolicySnapshot["emergencies"];
}

interface PrincipalRow {
  readonly kind: string;
  readonly name: string;
  readonly person: string;
  readonly workload: string | null;
  readonly assignments: readonly Assignment[];
}

/** Beside the port: a token's revocation, and the names for people. */
export interface PostgresPolicyStore extends PolicyStore<Tx> {
  /** Revokes one token until it would have expired; false where it was revoked already. */
  revokeToken(tx: Tx, jti: string, expS: number): Promise<boolean>;
  /** Display names of all principals, by id. */
  names(): Promise<Readonly<Record<string, string>>>;
}

/** Policy, principals and assignments in Postgres. Each change moves the epoch by a trigger. */
export function policyStore(database: Database): PostgresPolicyStore {
  return {
    async epoch() {
      const [row] = await database.run<{ value: string }>`SELECT value FROM policy.epoch`;
      if (row === undefined) throw new SallyportError("policy.unavailable");
      return BigInt(row.value);
    },

    async snapshot() {
      const [row] = await database.run<SnapshotRow>`
        SELECT epoch, active, principals, revoked,
               (SELECT coalesce(json_agg(json_build_object('kind', l.kind, 'target', l.target, 'untilMs', l.until_ms) ORDER BY l.id), '[]')
                  FROM policy.locks l WHERE l.lifted_at_ms IS NULL) AS locks,
               (SELECT coalesce(json_agg(s.site_key ORDER BY s.site_key), '[]') FROM regulatory.sites s WHERE s.closed_at_ms IS NOT NULL) AS closed,
               (SELECT coalesce(json_agg(json_build_object('id', e.id, 'principal', e.principal, 'subject', e.subject, 'study', e.study, 'site', e.site,
                                                           'fromMs', e.from_ms, 'untilMs', e.until_ms) ORDER BY e.id), '[]')
                  FROM policy.emergencies e WHERE e.ended_at_ms IS NULL AND e.reviewed_at_ms IS NULL) AS emergencies
          FROM policy.snapshot()`;
      if (row === undefined) throw new SallyportError("policy.unavailable");
      return {
        epoch: BigInt(row.epoch),
        active: row.active,
        principals: row.principals,
        revokedTokens: row.revoked,
        locks: row.locks,
        closedSites: row.closed,
        emergencies: row.emergencies,
      };
    },

    async activate(tx, { version, canonical, note }) {
      await tx`INSERT INTO policy.versions (version, canonical, note) VALUES (${version}, ${canonical}, ${note}) ON CONFLICT DO NOTHING`;
      const [standing] = await tx<{ canonical: string; note: string }>`SELECT canonical, note FROM policy.versions WHERE version = ${version}`;
      if (standing?.canonical !== canonical || standing.note !== note) throw new SallyportError("registration.conflict", { version });
      await tx`INSERT INTO policy.active (version) VALUES (${version}) ON CONFLICT (single) DO UPDATE SET version = excluded.version`;
    },

    async registerPrincipal(tx, principal) {
      const { id, name, kind, person, workload, assignments } = principal;
      const added = await tx`
        INSERT INTO policy.principals (id, name, kind, person, workload) VALUES (${id}, ${name}, ${kind}, ${person}, ${workload})
        ON CONFLICT DO NOTHING RETURNING 1`;
      if (added.length === 0) {
        if (spelling(principal) === (await standingSpelling(tx, id))) return "unchanged";
        throw new SallyportError("registration.conflict", { principal: id });
      }
      await tx`
        INSERT INTO policy.assignments (principal, role, study, site, from_ms, until_ms)
        SELECT ${id}, a.role, a.study, a.site, a."fromMs", a."untilMs"
          FROM json_to_recordset(${JSON.stringify(assignments)}::text::json) AS a (role text, study text, site text, "fromMs" bigint, "untilMs" bigint)`;
      return "registered";
    },

    async suspend(tx, principal) {
      const rows = await tx`UPDATE policy.principals SET status = 'suspended' WHERE id = ${principal} AND status = 'active' RETURNING 1`;
      return rows.length === 1;
    },

    async revokeToken(tx, jti, expS) {
      const rows = await tx`INSERT INTO policy.revoked_tokens (jti, exp_s) VALUES (${jti}, ${expS}) ON CONFLICT DO NOTHING RETURNING 1`;
      return rows.length === 1;
    },

    async names() {
      const rows = await database.run<{ id: string; name: string }>`SELECT id, name FROM policy.principals ORDER BY id`;
      return Object.fromEntries(rows.map(({ id, name }) => [id, name]));
    },
  };
}

async function standingSpelling(tx: Tx, id: string): Promise<string | null> {
  const [row] = await tx<PrincipalRow>`
    SELECT p.kind, p.name, p.person, p.workload,
           (SELECT coalesce(json_agg(json_build_object('role', a.role, 'study', a.study, 'site', a.site, 'fromMs', a.from_ms, 'untilMs', a.until_ms)), '[]')
              FROM policy.assignments a WHERE a.principal = p.id) AS assignments
      FROM policy.principals p WHERE p.id = ${id}`;
  return row === undefined ? null : spelling(row);
}

/** Equal for equal registrations, whatever the order of the assignments. */
const spelling = ({ kind, name, person, workload, assignments }: PrincipalRow): string =>
  JSON.stringify([kind, name, person, workload, assignments.map((a) => JSON.stringify([a.role, a.study, a.site, a.fromMs, a.untilMs])).sort()]);
