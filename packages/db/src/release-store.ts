import { SallyportError } from "@sallyport/errors";
import type { CurrentRecord, RecordRow, SealedVersion, SubjectStore } from "@sallyport/phi";
import type { Grant, SiteRef } from "@sallyport/policy";
import type { Tx } from "./database.ts";
import { isSqlState } from "./database-failure.ts";
import { enterGrant, grantedSites } from "./site-context.ts";
import { fieldsIn, linesOf, type StoredSubject, subjectOf } from "./subject-rows.ts";

type ReleaseStore = Pick<SubjectStore<Tx>, "find" | "current" | "countRecords" | "insert" | "insertVersions" | "recordKeys" | "keepRecordKeys">;

/** One INSERT's worth of rows: a statement's text stays below a few MB. */
const ROWS_MAX = 1_000;
const RECORD_END = "\f";

/**
 * What a release reads and writes of subjects, in its own transaction. Records stay as they are: a change is a new version.
 *
 * Each thing that is asked for is looked up by itself, and a list is made once a statement: in the transaction that fills them, tables still look small to
 * the planner, who would go through them whole for each batch, and make the list anew for each row.
 */
export const releaseStore: ReleaseStore = {
  async find(tx, grant, study, lookups, how) {
    grant.assert("packet.release", ...(how === "look" ? (["packet.inspect"] as const) : []));
    await enterGrant(tx, grant);
    if (how === "lock") {
      await contended(
        () => tx`
          SELECT phi.lock_subjects(coalesce((SELECT string_agg(s.id, E'\n') FROM string_to_table(${lookups.join("\n")}, E'\n') AS asked (lookup)
            JOIN LATERAL (SELECT f.id FROM phi.subjects f WHERE f.study = ${study} AND f.lookup = asked.lookup LIMIT 1) s ON true), ''))`,
      );
    }
    // Looked at after the lock: what came in between is seen.
    const rows = await tx<StoredSubject & { readonly lookup: string }>`
      SELECT s.lookup, s.id, s.study, s.site, s.label, s.wrapped, s.key_version,
             (SELECT CASE w.act WHEN 'withdrawn' THEN w.at_ms END FROM phi.withdrawals w WHERE w.subject = s.id ORDER BY w.n DESC LIMIT 1) AS withdrawn_at_ms
        FROM string_to_table(${lookups.join("\n")}, E'\n') AS asked (lookup)
        JOIN LATERAL (SELECT f.* FROM phi.subjects f WHERE f.study = ${study} AND f.lookup = asked.lookup LIMIT 1) s ON true
       WHERE s.site_key = ANY ((SELECT string_to_array(${grantedSites(grant)}, E'\n'))::text[])`;
    return rows.map((row) => ({ lookup: row.lookup, subject: subjectOf(row) }));
  },

  async current(tx, grant, domain, records) {
    grant.assert("packet.release", "packet.inspect");
    await enterGrant(tx, grant);
    const rows = await tx<CurrentRow>`
      SELECT c.subject, c.record, c.version, c.packet, f.fields
        FROM unnest(string_to_array(${records.map(({ subject }) => subject).join("\n")}, E'\n'), string_to_array(${records.map(({ record }) => record).join("\n")}, E'\n'))
               AS asked (subject, record)
        JOIN LATERAL (SELECT r.subject, r.record, r.version, r.packet FROM phi.records r
                       WHERE r.subject = asked.subject AND r.domain = ${domain} AND r.record = asked.record
                         AND r.site_key = ANY ((SELECT string_to_array(${grantedSites(grant)}, E'\n'))::text[])
                       ORDER BY r.version DESC LIMIT 1) c ON true
        LEFT JOIN phi.sealed_records f ON f.subject = c.subject AND f.domain = ${domain} AND f.record = c.record AND f.version = c.version`;
    return rows.map(({ fields, ...row }): CurrentRecord => ({ ...row, domain, fields: fieldsIn({ ...row, domain }, fields) }));
  },

  async countRecords(tx, grant, study, domain) {
    grant.assert("packet.release", "packet.inspect");
    await enterGrant(tx, grant);
    const sites = grant.sites.filter((site) => site.study === study);
    const keys = sites.map((site) => `${site.study}/${site.site}`).join("\n");
    const rows = await tx<{ site_key: string; count: number }>`
      SELECT r.site_key, count(*)::integer AS count FROM phi.records r
       WHERE r.version = 1 AND r.domain = ${domain} AND r.site_key = ANY ((SELECT string_to_array(${keys}, E'\n'))::text[]) GROUP BY r.site_key`;
    const counted = new Map(rows.map(({ site_key: key, count }) => [key, count]));
    return new Map(sites.map((site) => [site.site, counted.get(`${site.study}/${site.site}`) ?? 0]));
  },

  async insert(tx, grant, subjects) {
    grant.assert("packet.release");
    assertCovered(grant, subjects);
    await enterGrant(tx, grant);
    await contended(async () => {
      for (const rows of chunksOf(subjects)) {
        await tx`
          INSERT INTO phi.subjects (id, study, site, label, lookup, wrapped)
          SELECT s.id, s.study, s.site, s.label, s.lookup, s.wrapped
            FROM json_to_recordset(${JSON.stringify(rows)}::text::json) AS s (id text, study text, site text, label text, lookup text, wrapped text)`;
      }
    });
  },

  async insertVersions(tx, grant, packet, versions) {
    grant.assert("packet.release");
    await enterGrant(tx, grant);
    await contended(async () => {
      for (const rows of chunksOf(versions)) await insertRecords(tx, packet, rows);
    });
  },

  async recordKeys(tx, study, domain) {
    const [row] = await tx<{ variables: string }>`SELECT variables FROM phi.record_keys WHERE study = ${study} AND domain = ${domain}`;
    return row === undefined ? null : row.variables.split(",").filter((name) => name !== "");
  },

  async keepRecordKeys(tx, grant, packet, { study, domain, variables }) {
    grant.assert("packet.release");
    await contended(
      () => tx`
        INSERT INTO phi.record_keys (study, domain, variables, packet) VALUES (${study}, ${domain}, ${variables.join(",")}, ${packet}) ON CONFLICT DO NOTHING`,
    );
    const standing = await releaseStore.recordKeys(tx, study, domain);
    return standing ?? variables;
  },
};

interface CurrentRow extends Pick<CurrentRecord, "subject" | "record" | "version" | "packet"> {
  readonly fields: string | null;
}

/** Each version with its fields, in columns between form feeds: Postgres reads them in a third of the time that JSON takes. */
async function insertRecords(tx: Tx, packet: string, versions: readonly SealedVersion[]): Promise<void> {
  const column = (value: (record: RecordRow) => string | number): string => versions.map(({ record }) => value(record)).join(RECORD_END);
  const added = await tx<{ count: number }>`
    WITH given AS MATERIALIZED (
      SELECT g.*, s.site_key
        FROM unnest(string_to_array(${column(({ subject }) => subject)}, E'\f'), string_to_array(${column(({ domain }) => domain)}, E'\f'),
                    string_to_array(${column(({ record }) => record)}, E'\f'), string_to_array(${column(({ version }) => version)}, E'\f')::integer[],
                    string_to_array(${column(({ position }) => position)}, E'\f')::integer[], string_to_array(${column(({ changed = [] }) => changed.join(","))}, E'\f', ''),
                    string_to_array(${versions.map(({ fields }) => linesOf(fields)).join(RECORD_END)}, E'\f'))
               AS g (subject, domain, record, version, position, changed, fields)
        JOIN LATERAL (SELECT f.site_key FROM phi.subjects f WHERE f.id = g.subject LIMIT 1) s ON true),
    versions AS (
      INSERT INTO phi.records (subject, domain, record, version, position, changed, site_key, packet)
      SELECT g.subject, g.domain, g.record, g.version, g.position, g.changed, g.site_key, ${packet} FROM given g),
    sealed AS (
      INSERT INTO phi.sealed_records (subject, domain, record, version, fields, site_key)
      SELECT g.subject, g.domain, g.record, g.version, g.fields, g.site_key FROM given g)
    SELECT count(*)::integer AS count FROM given`;
  assertAll(added, versions.length);
}

/** A row whose subject the grant does not reach drops out of the join: then nothing at all may be inserted. */
function assertAll(added: readonly { readonly count: number }[], expected: number): void {
  if (added[0]?.count !== expected) throw new SallyportError("policy.denied", { missing: expected - (added[0]?.count ?? 0) });
}

function assertCovered(grant: Grant, sites: readonly SiteRef[]): void {
  if (!sites.every((site) => grant.covers(site))) throw new SallyportError("policy.denied", { rule: grant.rule });
}

/** What another release holds or has just written (a lock in vain, a deadlock, a subject, label or version that is there already): a retry plans anew. */
async function contended<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isSqlState(error, "23505", "55P03", "40P01")) throw new SallyportError("service.busy");
    throw error;
  }
}

function* chunksOf<T>(rows: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < rows.length; at += ROWS_MAX) yield rows.slice(at, at + ROWS_MAX);
}
