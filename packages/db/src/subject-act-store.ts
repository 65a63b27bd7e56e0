import { sealedUnder } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import { consentField, type FieldRow, type RecordVersions, type SubjectActStore, type VersionsAt, type WithdrawalRow } from "@sallyport/phi";
import { siteKey, type Grant } from "@sallyport/policy";
import type { Database, Tx } from "./database.ts";
import { isSqlState } from "./database-failure.ts";
import { enterGrant, grantedSites, withGrant } from "./site-context.ts";
import { byVersion, fieldsIn, linesOf, recordsIn, type StoredSubject, subjectOf } from "./subject-rows.ts";

/** Versions of records that one statement moves: some hundred milliseconds on a busy machine. */
const VERSIONS_AT_ONCE = 200;

interface StoredVersion {
  readonly version: number;
  readonly at_ms: string;
  readonly changed: string | null;
  readonly packet: string;
  readonly released_by: string | null;
  readonly request_id: string | null;
  readonly total: number;
  readonly fields: string | null;
}

type StoredWithdrawal = Omit<WithdrawalRow, "atMs"> & { readonly at_ms: string };

/** What is done to a subject as a whole, in Postgres. Every statement names the grant's sites, and row security stands behind it. */
export function subjectActStore(database: Database): SubjectActStore<Tx> {
  return {
    versions(grant, at) {
      grant.assert("subject.read", "phi.read");
      return withGrant(database, grant, (tx) => versions(tx, grant, at));
    },

    whole(grant, id) {
      grant.assert("subject.transfer");
      return withGrant(database, grant, async (tx) => {
        for (;;) {
          const subject = await read(tx, grant, id);
          if (subject === null) return null;
          // One statement: what a release brings in between is in all of it or in none.
          const [row] = await tx<{ fields: string | null }>`
            SELECT string_agg(concat_ws(E'\t', f.domain, f.record, f.version, 0) || E'\n' || f.fields, E'\f') AS fields
              FROM phi.sealed_records f WHERE f.subject = ${id}`;
          const dates = (await withdrawalsOf(tx, id)).map(consentField).filter((field): field is FieldRow => field !== null);
          // Where its key changed in between, all is looked at again.
          if ((await read(tx, grant, id))?.key_version !== subject.key_version) continue;
          return { subject: subjectOf(subject), fields: [...recordsIn(id, row?.fields ?? null).flatMap(({ fields }) => fields), ...dates] };
        }
      });
    },

    async transfer(tx, grant, { id, from, to, wrapped, fields, reason, atMs }) {
      grant.assert("subject.transfer");
      if (!grant.covers(from) || !grant.covers(to)) throw new SallyportError("policy.denied", { rule: grant.rule });
      await enterGrant(tx, grant);
      const [row] = await tx<{ begun: boolean }>`
        SELECT phi.transfer_subject(${id}, ${siteKey(from)}, ${siteKey(to)}, ${wrapped}, ${reason}, ${grant.principal}, ${grant.requestId}, ${atMs}) AS begun`;
      if (row?.begun !== true) throw new SallyportError("service.busy");
      // Its key changed since these were sealed: all of them name another one than the subject has now. Where some do, nothing is moved by the trigger.
      const [standing] = await tx<{ key_version: number }>`SELECT s.key_version FROM phi.subjects s WHERE s.id = ${id}`;
      if (fields.length > 0 && fields.every(({ sealed }) => sealedUnder(sealed) !== `${id}-${standing?.key_version ?? 0}`)) throw new SallyportError("service.busy");
      const versions = [...byVersion(fields).values()];
      for (let first = 0; first < versions.length; first += VERSIONS_AT_ONCE) {
        const some = versions.slice(first, first + VERSIONS_AT_ONCE).map((of) => ({ domain: of[0]?.domain, record: of[0]?.record, version: of[0]?.version, fields: linesOf(of) }));
        await tx`SELECT phi.transfer_records(${id}, ${JSON.stringify(some)})`;
      }
      try {
        // Here, and not when the transaction ends: what follows in it is a record that says that the subject has moved.
        await tx`SET CONSTRAINTS ALL IMMEDIATE`;
      } catch (error) {
        // What came to the subject meanwhile stands at the old place.
        throw isSqlState(error, "23503") ? new SallyportError("service.busy", { sqlstate: "23503" }) : error;
      }
    },

    earlierSites(grant, id) {
      grant.assert("subject.read", "exposure.read");
      return withGrant(database, grant, async (tx) => {
        const rows = await tx<{ from_key: string }>`SELECT DISTINCT t.from_key FROM phi.transfers t WHERE t.subject = ${id} ORDER BY t.from_key`;
        return rows.map(({ from_key }) => ({ study: from_key.slice(0, from_key.indexOf("/")), site: from_key.slice(from_key.indexOf("/") + 1) }));
      });
    },

    withdrawals(grant, id) {
      grant.assert("subject.read", "phi.read");
      return withGrant(database, grant, async (tx) => ((await read(tx, grant, id)) === null ? null : await withdrawalsOf(tx, id)));
    },

    async lockForWithdrawal(tx, grant, id) {
      grant.assert("subject.withdraw");
      await enterGrant(tx, grant);
      await tx`SELECT phi.lock_subjects(${id})`;
      const subject = await read(tx, grant, id);
      if (subject === null) return null;
      return { subject: subjectOf(subject), latest: (await withdrawalsOf(tx, id))[0] ?? null };
    },

    async insertWithdrawal(tx, grant, { subject, n, act, sealed, reason, atMs }) {
      grant.assert("subject.withdraw");
      await enterGrant(tx, grant);
      const added = await tx<{ count: number }>`
        WITH added AS (
          INSERT INTO phi.withdrawals (subject, n, act, sealed, reason, principal, request_id, at_ms, site_key)
          SELECT s.id, ${n}::integer, ${act}, ${sealed}, ${reason}, ${grant.principal}, ${grant.requestId}, ${atMs}::bigint, s.site_key
            FROM phi.subjects s WHERE s.id = ${subject} AND s.site_key = ANY (string_to_array(${grantedSites(grant)}, E'\n'))
          RETURNING 1)
        SELECT count(*)::integer AS count FROM added`;
      if (added[0]?.count !== 1) throw new SallyportError("policy.denied", { rule: grant.rule });
    },
  };
}

async function read(tx: Tx, grant: Grant, id: string): Promise<StoredSubject | null> {
  const [row] = await tx<StoredSubject>`
    SELECT s.id, s.study, s.site, s.label, s.wrapped, s.key_version,
           (SELECT CASE w.act WHEN 'withdrawn' THEN w.at_ms END FROM phi.withdrawals w WHERE w.subject = s.id ORDER BY w.n DESC LIMIT 1) AS withdrawn_at_ms
      FROM phi.subjects s
     WHERE s.id = ${id} AND (s.site_key = ANY (string_to_array(${grantedSites(grant)}, E'\n')) OR s.id = (SELECT policy.emergency_subject()))`;
  return row ?? null;
}

/** The subject and what is sealed of it are two looks: where its key changed in between, both are taken anew. */
async function versions(tx: Tx, grant: Grant, at: VersionsAt): Promise<RecordVersions | null> {
  for (;;) {
    const found = await versionsOnce(tx, grant, at);
    if (found !== "changed") return found;
  }
}

async function versionsOnce(tx: Tx, grant: Grant, at: VersionsAt): Promise<RecordVersions | "changed" | null> {
  const { subject: id, domain, record, version = null, name = null, limit } = at;
  const subject = await read(tx, grant, id);
  if (subject === null) return null;
  const rows = await tx<StoredVersion & { readonly key_version: number }>`
    SELECT r.version, (SELECT s.key_version FROM phi.subjects s WHERE s.id = r.subject) AS key_version, coalesce(p.decided_at_ms, floor(extract(epoch FROM r.created_at) * 1000)::bigint) AS at_ms, r.changed, r.packet,
           p.decided_by AS released_by, p.decided_request AS request_id, count(*) OVER ()::integer AS total,
           (SELECT CASE WHEN ${name}::text IS NULL THEN f.fields
                        ELSE (SELECT l.line FROM string_to_table(f.fields, E'\n') AS l (line) WHERE split_part(l.line, E'\t', 1) = ${name} LIMIT 1) END
              FROM phi.sealed_records f
             WHERE f.subject = r.subject AND f.domain = r.domain AND f.record = r.record AND f.version = r.version) AS fields
      FROM phi.records r LEFT JOIN phi.releases_of(${id}) p ON p.packet = r.packet
     WHERE r.subject = ${id} AND r.domain = ${domain} AND r.record = ${record} AND (${version}::integer IS NULL OR r.version = ${version})
     ORDER BY r.version DESC LIMIT ${limit}`;
  if (rows.some(({ key_version }) => key_version !== subject.key_version)) return "changed";
  return {
    subject: subjectOf(subject),
    total: rows[0]?.total ?? 0,
    versions: rows.map((row) => ({
      version: row.version,
      atMs: Number(row.at_ms),
      changed: row.changed === null ? null : row.changed.split(","),
      packet: row.packet,
      releasedBy: row.released_by,
      requestId: row.request_id,
      fields: fieldsIn({ subject: id, domain, record, version: row.version }, row.fields),
    })),
  };
}

async function withdrawalsOf(tx: Tx, id: string): Promise<readonly WithdrawalRow[]> {
  const rows = await tx<StoredWithdrawal>`
    SELECT w.subject, w.n, w.act, w.sealed, w.principal, w.at_ms FROM phi.withdrawals w WHERE w.subject = ${id} ORDER BY w.n DESC`;
  return rows.map(({ at_ms, ...row }) => ({ ...row, atMs: Number(at_ms) }));
}
