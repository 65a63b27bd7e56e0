import { SallyportError } from "@sallyport/errors";
import type { StudyRow, StudyStore } from "@sallyport/phi";
import type { Statement } from "./connection.ts";
import type { Database, Tx } from "./database.ts";
import { isSqlState } from "./database-failure.ts";

interface SiteRow {
  readonly study: string;
  readonly title: string;
  readonly profile: string;
  readonly sites: string;
  readonly retained_until: string | null;
}

/** The registry of studies and sites in Postgres. */
export function studyStore(database: Database): StudyStore<Tx> {
  return {
    all: async () => (await read(database.run, null)).map(studyOf),
    async register(tx, study) {
      const added = await tx`
        INSERT INTO regulatory.studies (id, title, profile) VALUES (${study.id}, ${study.title}, ${study.profile}) ON CONFLICT DO NOTHING RETURNING 1`;
      if (added.length === 0) {
        const [standing] = (await read(tx, study.id)).map(studyOf);
        if (standing !== undefined && spelling(standing) === spelling(study)) return "unchanged";
        throw new SallyportError("registration.conflict", { study: study.id });
      }
      await tx`
        INSERT INTO regulatory.sites (study, id, name, country)
        SELECT ${study.id}, s.id, s.name, s.country FROM json_to_recordset(${JSON.stringify(study.sites)}::text::json) AS s (id text, name text, country text)`;
      return "registered";
    },

    async lock(tx, study) {
      await tx`SELECT 1 FROM regulatory.studies WHERE id = ${study} FOR UPDATE`;
      // A statement of its own: it sees what the one before waited for.
      const [row] = (await read(tx, study)).map(studyOf);
      return row ?? null;
    },

    async addSites(tx, study, sites) {
      try {
        await tx`
          INSERT INTO regulatory.sites (study, id, name, country)
          SELECT ${study}, s.id, s.name, s.country FROM json_to_recordset(${JSON.stringify(sites)}::text::json) AS s (id text, name text, country text)`;
      } catch (error) {
        throw isSqlState(error, "23505") ? new SallyportError("registration.conflict", { study }) : error;
      }
    },

    async changeTitle(tx, study, title) {
      await tx`UPDATE regulatory.studies SET title = ${title} WHERE id = ${study}`;
    },

    async retain(tx, approval) {
      await tx`SELECT regulatory.retain(${approval})`;
    },

    async close(tx, study, site, closedAtMs) {
      const rows = await tx`
        UPDATE regulatory.sites SET closed_at_ms = ${closedAtMs}::bigint
         WHERE study = ${study} AND id = ${site} AND (closed_at_ms IS NULL) = (${closedAtMs}::bigint IS NOT NULL) RETURNING 1`;
      return rows.length === 1;
    },
  };
}

const read = (statement: Statement, id: string | null): Promise<readonly SiteRow[]> => statement<SiteRow>`
  SELECT t.id AS study, t.title, t.profile, to_char(t.retained_until, 'YYYY-MM-DD') AS retained_until,
         (SELECT coalesce(json_agg(json_build_object('id', s.id, 'name', s.name, 'country', s.country, 'closedAtMs', s.closed_at_ms) ORDER BY s.id COLLATE "C"), '[]')::text
            FROM regulatory.sites s WHERE s.study = t.id) AS sites
    FROM regulatory.studies t WHERE ${id}::text IS NULL OR t.id = ${id} ORDER BY t.id COLLATE "C"`;

const studyOf = (row: SiteRow): StudyRow => ({
  id: row.study,
  title: row.title,
  profile: row.profile,
  retainedUntil: row.retained_until,
  sites: JSON.parse(row.sites) as StudyRow["sites"],
});

/** Equal for equal registrations, whatever the order of the sites. */
const spelling = ({ id, title, profile, sites }: StudyRow): string =>
  JSON.stringify([id, title, profile, sites.map((site) => JSON.stringify([site.id, site.name, site.country])).sort()]);
