import { SallyportError } from "@sallyport/errors";
import { type Grant, siteKey, type SiteRef, type StandingItem, type TrailReviewEntry, type TrailReviewRow, type TrailReviewStore, type TrailRisk } from "@sallyport/policy";
import type { Statement } from "./connection.ts";
import type { Database, Tx } from "./database.ts";
import { enterGrant, withGrant, withGrants } from "./site-context.ts";

interface StoredReview extends Pick<TrailReviewRow, "id" | "study" | "site" | "reason" | "digest" | "items" | "decided" | "findings"> {
  readonly scope_keys: string;
  readonly risks: string;
  readonly from_ms: string;
  readonly until_ms: string;
  readonly work_from: number;
  readonly work_until: number;
  readonly opened_by: string;
  readonly opened_at_ms: string;
  readonly due_at_ms: string;
  readonly reviewer: string | null;
  readonly assigned_by: string;
  readonly assigned_at_ms: string;
  readonly signed_by: string;
  readonly signed_at_ms: string | null;
  readonly result: string;
  readonly cited: string;
}

interface StoredItem extends Omit<StandingItem, "seq" | "atMs" | "lastMs" | "risks" | "verdict"> {
  readonly seq: string;
  readonly at_ms: string;
  readonly last_ms: string;
  readonly risks: string;
  readonly verdict: "ok" | "finding" | null;
  readonly by: string;
  readonly verdict_at_ms: string;
}

interface StoredEntry extends Pick<TrailReviewEntry, "item" | "n" | "kind" | "by"> {
  readonly at_ms: string;
  readonly id: string | null;
  readonly sealed: string;
  readonly commitment: string;
}

/** The one name in a scope that is no site. */
const SYSTEM = "system";

const risksOf = (text: string): readonly TrailRisk[] => text.split("\n") as TrailRisk[];

function sitesOf(keys: string): readonly SiteRef[] {
  if (keys === SYSTEM) return [];
  return keys.split("\n").map((key) => {
    const [study = "", site = ""] = key.split("/");
    return { study, site };
  });
}

/** Reviews of the trail in Postgres, under row security. */
export function trailReviewStore(database: Database): TrailReviewStore<Tx> {
  return {
    async placeOf(id) {
      const [row] = await database.run<{ study: string; site: string; scope_keys: string }>`SELECT study, site, scope_keys FROM audit.trail_review_place(${id})`;
      return row === undefined ? null : { study: row.study, site: row.site, sites: sitesOf(row.scope_keys) };
    },

    async open(tx, grant, row, items) {
      grant.assert("trail.review");
      await enterGrant(tx, grant);
      const { id, study, site, fromMs, untilMs, workFrom, workUntil, openedBy, reason, openedAtMs, dueAtMs, digest } = row;
      const keys = row.sites.length === 0 ? SYSTEM : row.sites.map(siteKey).join("\n");
      await tx`
        INSERT INTO audit.trail_reviews (id, study, site, scope_keys, from_ms, until_ms, risks, work_from, work_until, opened_by, reason, opened_at_ms, due_at_ms, items, digest)
        VALUES (${id}, ${study}, ${site}, string_to_array(${keys}, E'\n'), ${fromMs}, ${untilMs}, string_to_array(${row.risks.join("\n")}, E'\n'), ${workFrom}, ${workUntil},
                ${openedBy}, ${reason}, ${openedAtMs}, ${dueAtMs}, ${items.length}, ${digest})`;
      if (items.length === 0) return;
      await tx`
        INSERT INTO audit.trail_review_items
               (review, item, chain, generation, seq, mac, risks, burst, at_ms, last_ms, principal, person, role, action, resource, site, decision, reason)
        SELECT ${id}, i.item, i.chain, i.generation, i.seq, i.mac, string_to_array(i.risks, E'\n'), i.burst, i."atMs", i."lastMs", i.principal, coalesce(p.person, i.principal),
               i.role, i.action, i.resource, i.site, i.decision, i.reason
          FROM json_to_recordset(${JSON.stringify(items.map((item) => ({ ...item, risks: item.risks.join("\n") })))}::text::json)
               AS i (item integer, chain text, generation integer, seq bigint, mac text, risks text, burst integer, "atMs" bigint, "lastMs" bigint, principal text, role text,
                     action text, resource text, site text, decision text, reason text)
          LEFT JOIN policy.principals p ON p.id = i.principal`;
    },

    async list(grants, limit) {
      const [first, ...others] = grants;
      if (first === undefined) return [];
      for (const grant of grants) grant.assert("trail.review");
      return withGrants(database, [first, ...others], (tx) => select(tx, null, limit));
    },

    get: (grant, id) => withGrant(database, asserted(grant), (tx) => whole(tx, id)),

    async lock(tx, grant, id) {
      await enterGrant(tx, asserted(grant));
      await tx`SELECT 1 FROM audit.trail_reviews WHERE id = ${id} FOR UPDATE`;
      // Statements of their own: they see what the one before waited for.
      return whole(tx, id);
    },

    async assign(tx, id, { person, by, atMs }) {
      await tx`
        INSERT INTO audit.trail_review_assignments (review, n, person, assigned_by, at_ms)
        SELECT ${id}, 1 + count(*)::integer, ${person}, ${by}, ${atMs}::bigint FROM audit.trail_review_assignments a WHERE a.review = ${id}`;
    },

    async enter(tx, id, { item, kind, by, principal, text, atMs }) {
      await tx`
        INSERT INTO audit.trail_review_entries (review, item, n, kind, principal, person, text, at_ms)
        SELECT ${id}, ${item}::integer, 1 + count(*)::integer, ${kind}, ${principal}, ${by}, ${text}, ${atMs}::bigint
          FROM audit.trail_review_entries e WHERE e.review = ${id} AND e.item = ${item}::integer`;
    },

    entries: (grant, id, item) => withGrant(database, asserted(grant), (tx) => entriesOf(tx, id, item)),
    entriesIn: (tx, id) => entriesOf(tx, id, null),

    async sign(tx, id, { by, atMs, digest, cited, reason }) {
      const rows = await tx`
        UPDATE audit.trail_reviews SET signed_by = ${by}, signed_at_ms = ${atMs}, sign_reason = ${reason}, result = ${digest}, cited = ${cited}
         WHERE id = ${id} AND signed_at_ms IS NULL RETURNING 1`;
      if (rows.length !== 1) throw new SallyportError("trailreview.signed", { review: id });
    },

    sealed: (grant, id) =>
      withGrant(
        database,
        asserted(grant),
        (tx) => tx<{ id: string; sealed: string; commitment: string }>`
          SELECT t.id, t.sealed, t.commitment FROM audit.trail_review_texts(${id}) t JOIN audit.trail_reviews r ON r.id = ${id} AND t.id IN (r.reason, r.sign_reason)
           ORDER BY t.id = r.reason DESC`,
      ),
  };
}

function asserted(grant: Grant): Grant {
  grant.assert("trail.review");
  return grant;
}

async function select(statement: Statement, id: string | null, limit: number): Promise<readonly TrailReviewRow[]> {
  const rows = await statement<StoredReview>`
    SELECT r.id, r.study, r.site, array_to_string(r.scope_keys, E'\n') AS scope_keys, r.from_ms, r.until_ms, array_to_string(r.risks, E'\n') AS risks, r.work_from, r.work_until,
           r.opened_by, r.reason, r.opened_at_ms, r.due_at_ms, r.items, r.digest, r.signed_by, r.signed_at_ms, r.result, r.cited,
           a.person AS reviewer, a.assigned_by, a.at_ms AS assigned_at_ms, d.decided, d.findings
      FROM audit.trail_reviews r
      LEFT JOIN LATERAL (SELECT x.person, x.assigned_by, x.at_ms FROM audit.trail_review_assignments x WHERE x.review = r.id ORDER BY x.n DESC LIMIT 1) a ON true
      CROSS JOIN LATERAL (
        SELECT count(*)::integer AS decided, count(*) FILTER (WHERE v.kind = 'finding')::integer AS findings
          FROM (SELECT DISTINCT ON (e.item) e.kind FROM audit.trail_review_entries e WHERE e.review = r.id AND e.kind <> 'comment' ORDER BY e.item, e.n DESC) v) d
     WHERE ${id}::text IS NULL OR r.id = ${id}
     ORDER BY r.signed_at_ms IS NULL DESC, r.opened_at_ms DESC, r.id DESC LIMIT ${limit}`;
  return rows.map(reviewOf);
}

async function whole(statement: Statement, id: string): Promise<{ readonly row: TrailReviewRow; readonly items: readonly StandingItem[] } | null> {
  const [row] = await select(statement, id, 1);
  return row === undefined ? null : { row, items: await standing(statement, id) };
}

async function standing(statement: Statement, id: string): Promise<readonly StandingItem[]> {
  const rows = await statement<StoredItem>`
    SELECT i.item, i.chain, i.generation, i.seq, i.mac, array_to_string(i.risks, E'\n') AS risks, i.burst, i.at_ms, i.last_ms, i.principal, i.person, i.role, i.action,
           i.resource, i.site, i.decision, i.reason, v.kind AS verdict, v.person AS by, v.at_ms AS verdict_at_ms, n.entries
      FROM audit.trail_review_items i
      LEFT JOIN LATERAL (SELECT e.kind, e.person, e.at_ms FROM audit.trail_review_entries e
                          WHERE e.review = i.review AND e.item = i.item AND e.kind <> 'comment' ORDER BY e.n DESC LIMIT 1) v ON true
      CROSS JOIN LATERAL (SELECT count(*)::integer AS entries FROM audit.trail_review_entries e WHERE e.review = i.review AND e.item = i.item) n
     WHERE i.review = ${id} ORDER BY i.item`;
  return rows.map(({ seq, at_ms, last_ms, risks, verdict, by, verdict_at_ms, ...item }) => ({
    ...item,
    seq: Number(seq),
    atMs: Number(at_ms),
    lastMs: Number(last_ms),
    risks: risksOf(risks),
    verdict: verdict === null ? null : { kind: verdict, by, atMs: Number(verdict_at_ms) },
  }));
}

async function entriesOf(statement: Statement, id: string, item: number | null): Promise<readonly TrailReviewEntry[]> {
  const rows = await statement<StoredEntry>`
    SELECT e.item, e.n, e.kind, e.person AS by, e.at_ms, t.id, t.sealed, t.commitment
      FROM audit.trail_review_entries e LEFT JOIN audit.trail_review_texts(${id}) t ON t.id = e.text
     WHERE e.review = ${id} AND (${item}::integer IS NULL OR e.item = ${item}::integer) ORDER BY e.item, e.n`;
  return rows.map(({ at_ms, id: text, sealed, commitment, ...entry }) => ({ ...entry, atMs: Number(at_ms), text: text === null ? null : { id: text, sealed, commitment } }));
}

const reviewOf = ({
  scope_keys,
  risks,
  from_ms,
  until_ms,
  work_from,
  work_until,
  opened_by,
  opened_at_ms,
  due_at_ms,
  reviewer,
  assigned_by,
  assigned_at_ms,
  signed_by,
  signed_at_ms,
  result,
  cited,
  ...row
}: StoredReview): TrailReviewRow => ({
  ...row,
  sites: sitesOf(scope_keys),
  risks: risksOf(risks),
  fromMs: Number(from_ms),
  untilMs: Number(until_ms),
  workFrom: work_from,
  workUntil: work_until,
  openedBy: opened_by,
  openedAtMs: Number(opened_at_ms),
  dueAtMs: Number(due_at_ms),
  reviewer: reviewer === null ? null : { person: reviewer, by: assigned_by, atMs: Number(assigned_at_ms) },
  signed: signed_at_ms === null ? null : { by: signed_by, atMs: Number(signed_at_ms), digest: result, cited },
});
