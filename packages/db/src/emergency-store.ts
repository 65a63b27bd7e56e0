import { SallyportError } from "@sallyport/errors";
import { type EmergencyRow, type EmergencyStore, siteKey } from "@sallyport/policy";
import type { Statement } from "./connection.ts";
import type { Database, Tx } from "./database.ts";
import { isSqlState } from "./database-failure.ts";
import { withGrant } from "./site-context.ts";

interface StoredEmergency extends Pick<EmergencyRow, "id" | "principal" | "person" | "subject" | "study" | "site" | "cause" | "reason"> {
  readonly from_ms: string;
  readonly until_ms: string;
  readonly ended_at_ms: string | null;
  readonly ended_by: string;
  readonly ended_how: NonNullable<EmergencyRow["ended"]>["how"];
  readonly reviewed_at_ms: string | null;
  readonly reviewed_by: string;
  readonly verdict: NonNullable<EmergencyRow["review"]>["verdict"];
  readonly comment: string;
}

interface StoredRead {
  readonly chain: string;
  readonly generation: number;
  readonly seq: string;
  readonly mac: Buffer;
  readonly body: string;
}

/** How a query chooses emergencies; each that is absent chooses all. */
interface Chosen {
  readonly id?: string;
  readonly person?: string;
  readonly subject?: string;
  readonly sites?: readonly string[];
}

/** A record that came in while the crossing went on is a little later than the end. */
const AFTERWARDS_MS = 60_000;

/** Emergencies in Postgres. Each change moves the policy's epoch, by a trigger. */
export function emergencyStore(database: Database): EmergencyStore<Tx> {
  return {
    async byId(id) {
      const [row] = await select(database.run, { id }, 1);
      return row ?? null;
    },

    async unreviewed(person) {
      const rows = await select(database.run, { person }, 1);
      return rows.find(({ review }) => review === null) ?? null;
    },

    at: (sites, limit) => select(database.run, { sites: sites.map(siteKey) }, limit),

    async ofSubject(grant, subject) {
      grant.assert("exposure.read");
      return select(database.run, { subject, sites: grant.siteKeys() }, 200);
    },

    async lock(tx, id) {
      await tx`SELECT 1 FROM policy.emergencies WHERE id = ${id} FOR UPDATE`;
      // A statement of its own: it sees what the one before waited for.
      const [row] = await select(tx, { id }, 1);
      return row ?? null;
    },

    async open(tx, { id, principal, person, subject, study, site, cause, reason, fromMs, untilMs }) {
      try {
        await tx`
          INSERT INTO policy.emergencies (id, principal, person, subject, study, site, cause, reason, from_ms, until_ms)
          VALUES (${id}, ${principal}, ${person}, ${subject}, ${study}, ${site}, ${cause}, ${reason}, ${fromMs}, ${untilMs})`;
      } catch (error) {
        if (isSqlState(error, "23505")) throw new SallyportError("emergency.unreviewed");
        throw error;
      }
    },

    async end(tx, id, { by, atMs, how }) {
      const rows = await tx`
        UPDATE policy.emergencies SET ended_at_ms = ${atMs}, ended_by = ${by}, ended_how = ${how}
         WHERE id = ${id} AND ended_at_ms IS NULL AND reviewed_at_ms IS NULL AND until_ms > ${atMs}::bigint RETURNING 1`;
      if (rows.length !== 1) throw new SallyportError("emergency.state", { emergency: id });
    },

    async review(tx, id, { by, atMs, verdict, comment, seen }) {
      const rows = await tx`
        UPDATE policy.emergencies SET reviewed_at_ms = ${atMs}, reviewed_by = ${by}, verdict = ${verdict}, comment = ${comment}, seen = ${seen}
         WHERE id = ${id} AND reviewed_at_ms IS NULL RETURNING 1`;
      if (rows.length !== 1) throw new SallyportError("emergency.state", { emergency: id });
    },

    reads(grant, { id, principal, study, site, fromMs, untilMs, ended }, limit) {
      grant.assert("emergency.review");
      const chain = `site:${study}/${site}`;
      const toMs = Math.min(untilMs, ended?.atMs ?? untilMs) + AFTERWARDS_MS;
      return withGrant(database, grant, async (tx) => {
        // The search finds them by person and time; what it hasn't taken over yet is read from the trail itself, so that none is missing.
        const rows = await tx<StoredRead>`
          WITH done AS (SELECT coalesce(max(p.generation), 0) AS generation, coalesce(max(p.seq), 0) AS seq FROM audit.search_progress p WHERE p.chain = ${chain}),
          found AS (
            SELECT s.generation, s.seq FROM audit.search s, done d
             WHERE s.principal = ${principal} AND s.chain = ${chain} AND s.at_ms BETWEEN ${fromMs}::bigint AND ${toMs}::bigint AND (s.generation, s.seq) <= (d.generation, d.seq)
            UNION ALL
            SELECT r.generation, r.seq FROM audit.records r, done d WHERE r.chain = ${chain} AND (r.generation, r.seq) > (d.generation, d.seq))
          SELECT r.chain, r.generation, r.seq, r.mac, r.body
            FROM found f JOIN audit.records r ON r.chain = ${chain} AND r.generation = f.generation AND r.seq = f.seq
           WHERE r.body::json ->> 'principal' = ${principal} AND ';' || (r.body::json ->> 'detail') || ';' LIKE '%;emergency=' || ${id} || ';%'
             AND r.body::json ->> 'action' NOT LIKE 'emergency.%'
           ORDER BY r.generation, r.seq LIMIT ${limit}`;
        return rows.map(({ seq, mac, ...row }) => ({ ...row, seq: Number(seq), mac: mac.toString("hex") }));
      });
    },

    sealed(grant, { reason, review }) {
      grant.assert("emergency.review");
      return withGrant(
        database,
        grant,
        (tx) =>
          tx<{ id: string; sealed: string; commitment: string }>`
            SELECT id, sealed, commitment FROM policy.emergency_reasons() WHERE id = ANY (string_to_array(${[reason, review?.comment ?? ""].join("\n")}, E'\n'))`,
      );
    },
  };
}

async function select(
  statement: Statement,
  { id = null, person = null, subject = null, sites = null }: { [K in keyof Chosen]: Chosen[K] | null },
  limit: number,
): Promise<readonly EmergencyRow[]> {
  const rows = await statement<StoredEmergency>`
    SELECT id, principal, person, subject, study, site, cause, reason, from_ms, until_ms, ended_at_ms, ended_by, ended_how, reviewed_at_ms, reviewed_by, verdict, comment
      FROM policy.emergencies
     WHERE (${id}::text IS NULL OR id = ${id}) AND (${person}::text IS NULL OR person = ${person}) AND (${subject}::text IS NULL OR subject = ${subject})
       AND (${sites === null} OR site_key = ANY (string_to_array(${(sites ?? []).join("\n")}, E'\n')))
     ORDER BY reviewed_at_ms IS NULL DESC, from_ms DESC, id DESC LIMIT ${limit}`;
  return rows.map(rowOf);
}

const rowOf = ({ from_ms, until_ms, ended_at_ms, ended_by, ended_how, reviewed_at_ms, reviewed_by, verdict, comment, ...row }: StoredEmergency): EmergencyRow => ({
  ...row,
  fromMs: Number(from_ms),
  untilMs: Number(until_ms),
  ended: ended_at_ms === null ? null : { by: ended_by, atMs: Number(ended_at_ms), how: ended_how },
  review: reviewed_at_ms === null ? null : { by: reviewed_by, atMs: Number(reviewed_at_ms), verdict, comment },
});
