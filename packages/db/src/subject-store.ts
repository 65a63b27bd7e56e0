import type { OpenedSubject, OpeningOf, SubjectStore } from "@sallyport/phi";
import type { Grant, SiteRef } from "@sallyport/policy";
import type { Database, Tx } from "./database.ts";
import { gathered } from "./gathered.ts";
import { releaseStore } from "./release-store.ts";
import { enterGrant, grantedSites, withGrant } from "./site-context.ts";
import { recordsIn, type StoredSubject, subjectOf } from "./subject-rows.ts";

interface OpenedRow extends Omit<StoredSubject, "id"> {
  readonly n: number;
  readonly fields: string | null;
  readonly domains: string | null;
}

/** What one crossing opens, under its own grant. */
interface Opening {
  readonly sites: string;
  readonly action: string;
  readonly id: string;
  readonly names: string | null;
  readonly domain: string | null;
  readonly record: string | null;
  readonly afterPosition: number | null;
  readonly afterRecord: string | null;
  readonly most: number | null;
}

/** Subjects and their sealed fields in Postgres. Every statement names the grant's sites, and row security stands behind it. */
export function subjectStore(database: Database): SubjectStore<Tx> {
  const siteOf = gathered((ids: readonly string[]) => sitesOf(database, ids));
  const open = gathered((openings: readonly Opening[]) => openEach(database, openings));
  return {
    ...releaseStore,

    async list(grant, filter) {
      grant.assert("subject.list");
      return withGrant(database, grant, (tx) => page(tx, grant, filter));
    },

    async open(grant, id, of = {}) {
      grant.assert("subject.read", "phi.read", "phi.bulk_reveal");
      const row = await open(openingOf(grant, id, of));
      return row === null ? null : openedOf(id, row, of.limit);
    },

    async lock(tx, grant, ids) {
      grant.assert("packet.release", "subject.withdraw");
      await enterGrant(tx, grant);
      await tx`SELECT phi.lock_subjects(${ids.join("\n")})`;
    },

    async labelOf(tx, grant, id) {
      await enterGrant(tx, grant);
      const [row] = await tx<{ label: string }>`
        SELECT s.label FROM phi.subjects s WHERE s.id = ${id} AND s.site_key = ANY (string_to_array(${grantedSites(grant)}, E'\n'))`;
      return row?.label ?? null;
    },

    siteOf,

    async byLookup(study, lookup) {
      const [row] = await database.run<{ id: string }>`SELECT id FROM phi.subject_by_lookup(${study}, ${lookup})`;
      return row?.id ?? null;
    },

    async sitesByLookup(study, lookups) {
      const rows = await database.run<{ lookup: string; site: string }>`SELECT lookup, site FROM phi.sites_of_lookups(${study}, ${lookups.join("\n")})`;
      return new Map(rows.map(({ lookup, site }) => [lookup, site]));
    },
  };
}

const openingOf = (grant: Grant, id: string, { names, domain, record, after, limit }: OpeningOf): Opening => ({
  sites: grantedSites(grant),
  action: grant.action,
  id,
  names: names === undefined ? null : names.join("\n"),
  domain: domain ?? null,
  record: record ?? null,
  afterPosition: after?.position ?? null,
  afterRecord: after?.record ?? null,
  most: limit ?? null,
});

function openedOf(id: string, row: OpenedRow, limit: number | undefined): OpenedSubject {
  const { study, site, label, wrapped, key_version, withdrawn_at_ms, domains } = row;
  const records = recordsIn(id, row.fields);
  const last = records.at(-1);
  return {
    subject: subjectOf({ id, study, site, label, wrapped, key_version, withdrawn_at_ms }),
    fields: records.flatMap(({ fields }) => fields),
    next: last === undefined || records.length !== limit ? null : { record: last.record, position: last.position },
    domains: (domains ?? "").split("\n").flatMap((line) => {
      const [domain = "", records = ""] = line.split("\t");
      return domain === "" ? [] : [{ domain, records: Number(records) }];
    }),
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
  const rows = await database.run<OpenedRow>`SELECT n, study, site, label, wrapped, key_version, withdrawn_at_ms, fields, domains FROM phi.open_subjects(${listed})`;
  const opened: (OpenedRow | null)[] = openings.map(() => null);
  for (const row of rows) opened[row.n] = row;
  return opened;
}

async function page(tx: Tx, grant: Grant, filter: Parameters<SubjectStore<Tx>["list"]>[1]): ReturnType<SubjectStore<Tx>["list"]> {
  const { study = null, site = null, after = null, limit } = filter;
  // One statement, so that the page, the total and the counts are of one moment.
  const [row] = await tx<{ items: readonly StoredSubject[]; sites: readonly (SiteRef & { count: number })[] }>`
    WITH reached AS (
      SELECT s.id, s.study, s.site, s.label, s.wrapped, s.key_version FROM phi.subjects s
       WHERE s.site_key = ANY ((SELECT string_to_array(${grantedSites(grant)}, E'\n'))::text[])
         AND (${study}::text IS NULL OR s.study = ${study}) AND (${site}::text IS NULL OR s.site = ${site})),
    page AS (SELECT r.*, (SELECT CASE w.act WHEN 'withdrawn' THEN w.at_ms END FROM phi.withdrawals w WHERE w.subject = r.id ORDER BY w.n DESC LIMIT 1) AS withdrawn_at_ms
               FROM reached r WHERE ${after}::text IS NULL OR label COLLATE "C" > ${after} ORDER BY label COLLATE "C", study LIMIT ${limit}),
    counts AS (SELECT study, site, count(*)::integer AS count FROM reached GROUP BY study, site)
    SELECT (SELECT coalesce(json_agg(page ORDER BY label COLLATE "C", study), '[]') FROM page) AS items,
           (SELECT coalesce(json_agg(counts ORDER BY study COLLATE "C", site COLLATE "C"), '[]') FROM counts) AS sites`;
  const bySite = row?.sites ?? [];
  return { items: row?.items.map(subjectOf) ?? [], total: bySite.reduce((sum, { count }) => sum + count, 0), bySite };
}
