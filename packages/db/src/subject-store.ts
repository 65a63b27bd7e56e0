import { SallyportError } from "@sallyport/errors";
import type { Classification, FieldRow, RecordRow, SubjectRow, SubjectStore } from "@sallyport/phi";
import type { Grant, SiteRef } from "@sallyport/policy";
import type { Database, Tx } from "./database.ts";
import { isSqlState } from "./database-failure.ts";
import { gathered } from "./gathered.ts";
import { enterGrant, grantedSites, withGrant } from "./site-context.ts";

interface OpenedRow {
  readonly n: number;
  readonly study: string;
  readonly site: string;
  readonly label: string;
  readonly wrapped: string;
  readonly key_version: number;
  readonly withdrawn_at_ms: string | null;
  readonly fields: string | null;
}

/** What one crossing opens, under its own grant. */
interface Opening {
  readonly sites: string;
  readonly action: string;
  readonly id: string;
  readonly names: string | null;
}

/** As a statement finds a subject. */
export type FoundRow = Omit<OpenedRow, "n"> & { readonly id: string; readonly lookup: string };

/** One INSERT's worth of rows: a statement's text stays below a few hundred kB. */
const ROWS_MAX = 1000;

/** Subjects and their sealed fields in Postgres. Every statement names the grant's sites, and row security stands behind it. */
export function subjectStore(database: Database): SubjectStore<Tx> {
  const siteOf = gathered((ids: readonly string[]) => sitesOf(database, ids));
  const open = gathered((openings: readonly Opening[]) => openEach(database, openings));
  return {
    async list(grant, filter) {
      grant.assert("subject.list");
      return withGrant(database, grant, (tx) => page(tx, grant, filter));
    },

    async open(grant, id, names) {
      grant.assert("subject.read", "phi.read", "phi.bulk_reveal");
      const row = await open({ sites: grantedSites(grant), action: grant.action, id, names: names === undefined ? null : names.join("\n") });
      if (row === null) return null;
      return { subject: subjectOf({ ...row, id }), fields: fieldsOf(id, row.fields) };
    },

    async labelOf(tx, grant, id) {
      await enterGrant(tx, grant);
      const [row] = await tx<{ label: string }>`
        SELECT s.label FROM phi.subjects s WHERE s.id = ${id} AND s.site_key = ANY (string_to_array(${grantedSites(grant)}, E'\n'))`;
      return row?.label ?? null;
    },

    siteOf,

    async find(tx, grant, study, lookups) {
      grant.assert("packet.release");
      await enterGrant(tx, grant);
      const rows = await tx<FoundRow>`
        SELECT s.lookup, s.id, s.study, s.site, s.label, s.wrapped, s.key_version,
               (SELECT CASE w.act WHEN 'withdrawn' THEN w.at_ms END FROM phi.withdrawals w WHERE w.subject = s.id ORDER BY w.n DESC LIMIT 1) AS withdrawn_at_ms,
               (SELECT string_agg(concat_ws(E'\t', f.domain, f.record, f.version, f.name, f.classification, f.sealed), E'\n' ORDER BY f.domain, f.record, f.name)
                  FROM phi.fields f
                  JOIN (SELECT r.domain, r.record, max(r.version) AS version FROM phi.records r WHERE r.subject = s.id GROUP BY r.domain, r.record) c
                    ON f.domain = c.domain AND f.record = c.record AND f.version = c.version
                 WHERE f.subject = s.id) AS fields
          FROM phi.subjects s
         WHERE s.study = ${study} AND s.lookup = ANY (string_to_array(${lookups.join("\n")}, E'\n'))
           AND s.site_key = ANY (string_to_array(${grantedSites(grant)}, E'\n'))`;
      return rows.map((row) => ({ lookup: row.lookup, subject: subjectOf(row), fields: fieldsOf(row.id, row.fields) }));
    },

    async lock(tx, grant, ids) {
      grant.assert("packet.release", "subject.withdraw");
      await enterGrant(tx, grant);
      await tx`SELECT phi.lock_subjects(${ids.join("\n")})`;
    },

    async insert(tx, grant, subjects) {
      grant.assert("packet.release");
      assertCovered(grant, subjects);
      await enterGrant(tx, grant);
      await conflicting(async () => {
        for (const rows of chunksOf(subjects)) {
          await tx`
            INSERT INTO phi.subjects (id, study, site, label, lookup, wrapped)
            SELECT s.id, s.study, s.site, s.label, s.lookup, s.wrapped
              FROM json_to_recordset(${JSON.stringify(rows)}::text::json) AS s (id text, study text, site text, label text, lookup text, wrapped text)`;
        }
      });
    },

    async insertVersions(tx, grant, packet, records, fields) {
      grant.assert("packet.release");
      await enterGrant(tx, grant);
      await conflicting(async () => {
        for (const rows of chunksOf(records)) await insertRecords(tx, packet, rows);
        for (const rows of chunksOf(fields)) await insertFields(tx, rows);
      });
    },
  };
}

async function sitesOf(database: Database, ids: readonly string[]): Promise<readonly (SiteRef | null)[]> {
  const rows = await database.run<SiteRef & { id: string }>`SELECT id, study, site FROM phi.sites_of(${ids.join("\n")})`;
  const byId = new Map(rows.map(({ id, study, site }) => [id, { study, site }]));
  return ids.map((id) => byId.get(id) ?? null);
}

/** Each opening's subject, or null where its own grant reaches none. */
async function openEach(database: Database, openings: readonly Opening[]): Promise<readonly (OpenedRow | null)[]> {
  const listed = JSON.stringify(openings.map((opening, n) => ({ n, ...opening })));
  const rows = await database.run<OpenedRow>`SELECT n, study, site, label, wrapped, key_version, withdrawn_at_ms, fields FROM phi.open_subjects(${listed})`;
  const opened: (OpenedRow | null)[] = openings.map(() => null);
  for (const row of rows) opened[row.n] = row;
  return opened;
}

async function page(tx: Tx, grant: Grant, filter: Parameters<SubjectStore<Tx>["list"]>[1]): ReturnType<SubjectStore<Tx>["list"]> {
  const { study = null, site = null, after = null, limit } = filter;
  // One statement, so that the page, the total and the counts are of one moment.
  const [row] = await tx<{ items: readonly Omit<FoundRow, "fields" | "lookup">[]; sites: readonly (SiteRef & { count: number })[] }>`
    WITH reached AS (
      SELECT s.id, s.study, s.site, s.label, s.wrapped, s.key_version FROM phi.subjects s
       WHERE s.site_key = ANY (string_to_array(${grantedSites(grant)}, E'\n'))
         AND (${study}::text IS NULL OR s.study = ${study}) AND (${site}::text IS NULL OR s.site = ${site})),
    page AS (SELECT r.*, (SELECT CASE w.act WHEN 'withdrawn' THEN w.at_ms END FROM phi.withdrawals w WHERE w.subject = r.id ORDER BY w.n DESC LIMIT 1) AS withdrawn_at_ms
               FROM reached r WHERE ${after}::text IS NULL OR label COLLATE "C" > ${after} ORDER BY label COLLATE "C", study LIMIT ${limit}),
    counts AS (SELECT study, site, count(*)::integer AS count FROM reached GROUP BY study, site)
    SELECT (SELECT coalesce(json_agg(page ORDER BY label COLLATE "C", study), '[]') FROM page) AS items,
           (SELECT coalesce(json_agg(counts ORDER BY study COLLATE "C", site COLLATE "C"), '[]') FROM counts) AS sites`;
  const bySite = row?.sites ?? [];
  return { items: row?.items.map(subjectOf) ?? [], total: bySite.reduce((sum, { count }) => sum + count, 0), bySite };
}

async function insertRecords(tx: Tx, packet: string, rows: readonly RecordRow[]): Promise<void> {
  const added = await tx<{ count: number }>`
    WITH added AS (
      INSERT INTO phi.records (subject, domain, record, version, changed, site_key, packet)
      SELECT r.subject, r.domain, r.record, r.version, r.changed, s.site_key, ${packet}
        FROM json_to_recordset(${JSON.stringify(rows.map((row) => ({ ...row, changed: row.changed?.join(",") })))}::text::json)
          AS r (subject text, domain text, record text, version integer, changed text)
        JOIN phi.subjects s ON s.id = r.subject
      RETURNING 1)
    SELECT count(*)::integer AS count FROM added`;
  assertAll(added, rows.length);
}

async function insertFields(tx: Tx, rows: readonly FieldRow[]): Promise<void> {
  const added = await tx<{ count: number }>`
    WITH added AS (
      INSERT INTO phi.fields (subject, domain, record, version, name, classification, sealed, site_key)
      SELECT f.subject, f.domain, f.record, f.version, f.name, f.classification, f.sealed, s.site_key
        FROM json_to_recordset(${JSON.stringify(rows)}::text::json)
          AS f (subject text, domain text, record text, version integer, name text, classification text, sealed text)
        JOIN phi.subjects s ON s.id = f.subject
      RETURNING 1)
    SELECT count(*)::integer AS count FROM added`;
  assertAll(added, rows.length);
}

/** A row whose subject the grant does not reach drops out of the join: then nothing at all may be inserted. */
function assertAll(added: readonly { readonly count: number }[], expected: number): void {
  if (added[0]?.count !== expected) throw new SallyportError("policy.denied", { missing: expected - (added[0]?.count ?? 0) });
}

function assertCovered(grant: Grant, sites: readonly SiteRef[]): void {
  if (!sites.every((site) => grant.covers(site))) throw new SallyportError("policy.denied", { rule: grant.rule });
}

/** A subject, label or version that is there already: the packet contradicts what is stored, perhaps at another site. */
async function conflicting(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (isSqlState(error, "23505")) throw new SallyportError("packet.conflict", { sqlstate: "23505" });
    throw error;
  }
}

function* chunksOf<T>(rows: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < rows.length; at += ROWS_MAX) yield rows.slice(at, at + ROWS_MAX);
}

/** A subject's row as it is read. */
export const subjectOf = (row: Omit<FoundRow, "fields" | "lookup">): SubjectRow => ({
  id: row.id,
  study: row.study,
  site: row.site,
  label: row.label,
  wrapped: row.wrapped,
  keyVersion: row.key_version,
  withdrawnAtMs: row.withdrawn_at_ms === null ? null : Number(row.withdrawn_at_ms),
});

/** Fields from the lines of a statement that joins them by tabs and newlines. */
export function fieldsOf(subject: string, lines: string | null): readonly FieldRow[] {
  if (lines === null) return [];
  return lines.split("\n").map((line) => {
    const [domain = "", record = "", version = "", name = "", classification = "", sealed = ""] = line.split("\t");
    return { subject, domain, record, version: Number(version), name, classification: classification as Classification, sealed };
  });
}
