import { SallyportError } from "@sallyport/errors";
import type { AccessReviewRow, AccessReviewStore, ReviewDecisionRow, ReviewLineRow, ReviewScope, ReviewTally, StandingLine } from "@sallyport/policy";
import type { Statement } from "./connection.ts";
import type { Database, Tx } from "./database.ts";
import { withGrant } from "./site-context.ts";

interface StoredReview extends ReviewScope {
  readonly id: string;
  readonly reason: string;
  readonly digest: string;
  readonly opened_by: string;
  readonly opened_at_ms: string;
  readonly due_at_ms: string;
  readonly signed_by: string;
  readonly signed_at_ms: string | null;
  readonly result: string;
}

interface StoredLine extends Omit<ReviewLineRow, "fromMs" | "untilMs"> {
  readonly from_ms: string;
  readonly until_ms: string | null;
}

interface StoredStanding extends StoredLine {
  readonly now_until_ms: string | null;
  readonly verdict: ReviewDecisionRow["verdict"] | null;
  readonly by: string;
  readonly at_ms: string;
  readonly approval: string | null;
}

const numberOf = (text: string | null): number | null => (text === null ? null : Number(text));

/** Reviews of access in Postgres. */
export function accessReviewStore(database: Database): AccessReviewStore<Tx> {
  return {
    async held(tx, { study, site, role }, nowMs) {
      const rows = await tx<StoredLine>`
        SELECT row_number() OVER (ORDER BY q.username, p.name, p.id, a.role, a.study, a.site, a.from_ms)::integer AS line, p.id AS principal, p.person,
               CASE WHEN q.id IS NULL THEN p.name ELSE q.printed_name || ' (' || q.username || ')' END AS label, a.role, a.study, a.site, a.from_ms, a.until_ms
          FROM policy.assignments a JOIN policy.principals p ON p.id = a.principal LEFT JOIN people.persons q ON q.principal = p.id
         WHERE (a.until_ms IS NULL OR a.until_ms > greatest(a.from_ms, ${nowMs}::bigint)) AND (${role} = '*' OR a.role = ${role})
           AND (${study} = '*' OR a.study IN ('*', ${study})) AND (${site} = '*' OR a.site IN ('*', ${site}))
         ORDER BY 1`;
      return rows.map(lineOf);
    },

    async open(tx, { id, study, site, role, openedBy, reason, openedAtMs, dueAtMs, digest }, lines) {
      await tx`
        INSERT INTO policy.access_reviews (id, study, site, role, opened_by, reason, opened_at_ms, due_at_ms, lines, digest)
        VALUES (${id}, ${study}, ${site}, ${role}, ${openedBy}, ${reason}, ${openedAtMs}, ${dueAtMs}, ${lines.length}, ${digest})`;
      await tx`
        INSERT INTO policy.access_review_lines (review, line, principal, person, label, role, study, site, from_ms, until_ms)
        SELECT ${id}, l.line, l.principal, l.person, l.label, l.role, l.study, l.site, l."fromMs", l."untilMs"
          FROM json_to_recordset(${JSON.stringify(lines)}::text::json)
               AS l (line integer, principal text, person text, label text, role text, study text, site text, "fromMs" bigint, "untilMs" bigint)`;
    },

    byId: (id) => read(database.run, id),

    async list(limit) {
      const rows = await database.run<StoredReview>`
        SELECT id, study, site, role, opened_by, reason, opened_at_ms, due_at_ms, digest, signed_by, signed_at_ms, result
          FROM policy.access_reviews ORDER BY opened_at_ms DESC, id DESC LIMIT ${limit}`;
      return rows.map(reviewOf);
    },

    async tallies(reviews, person) {
      const rows = await database.run<ReviewTally & { readonly review: string }>`
        SELECT l.review, count(*)::integer AS lines, count(d.verdict)::integer AS decided, count(*) FILTER (WHERE d.verdict = 'end')::integer AS ended,
               count(*) FILTER (WHERE d.verdict IS NULL AND l.person <> ${person})::integer AS "ofOthers"
          FROM policy.access_review_lines l
          LEFT JOIN LATERAL (SELECT e.verdict FROM policy.access_review_decisions e
                              WHERE e.review = l.review AND e.line = l.line ORDER BY e.n DESC LIMIT 1) d ON true
         WHERE l.review = ANY (string_to_array(${reviews.join("\n")}, E'\n')) GROUP BY l.review`;
      return new Map(rows.map(({ review, ...tally }) => [review, tally]));
    },

    lines: (review) => standing(database.run, review),

    async lock(tx, id) {
      await tx`SELECT 1 FROM policy.access_reviews WHERE id = ${id} FOR UPDATE`;
      // Statements of their own: they see what the one before waited for.
      const row = await read(tx, id);
      return row === null ? null : { row, lines: await standing(tx, id) };
    },

    async decide(tx, review, line, { verdict, by, principal, reason, approval, atMs }) {
      await tx`
        INSERT INTO policy.access_review_decisions (review, line, n, verdict, principal, person, reason, approval, at_ms)
        SELECT ${review}, ${line}::integer, 1 + count(*)::integer, ${verdict}, ${principal}, ${by}, ${reason}, ${approval}, ${atMs}::bigint
          FROM policy.access_review_decisions d WHERE d.review = ${review} AND d.line = ${line}::integer`;
    },

    async sign(tx, review, { by, atMs, digest, reason }) {
      const rows = await tx`
        UPDATE policy.access_reviews SET signed_by = ${by}, signed_at_ms = ${atMs}, sign_reason = ${reason}, result = ${digest}
         WHERE id = ${review} AND signed_at_ms IS NULL RETURNING 1`;
      if (rows.length !== 1) throw new SallyportError("review.signed", { review });
    },

    sealedReason(grant, review) {
      grant.assert("role.read");
      return withGrant(database, grant, async (tx) => {
        const [row] = await tx<{ id: string; sealed: string; commitment: string }>`SELECT id, sealed, commitment FROM policy.review_reasons() WHERE review = ${review}`;
        return row ?? null;
      });
    },
  };
}

async function read(statement: Statement, id: string): Promise<AccessReviewRow | null> {
  const [row] = await statement<StoredReview>`
    SELECT id, study, site, role, opened_by, reason, opened_at_ms, due_at_ms, digest, signed_by, signed_at_ms, result FROM policy.access_reviews WHERE id = ${id}`;
  return row === undefined ? null : reviewOf(row);
}

async function standing(statement: Statement, review: string): Promise<readonly StandingLine[]> {
  const rows = await statement<StoredStanding>`
    SELECT l.line, l.principal, l.person, l.label, l.role, l.study, l.site, l.from_ms, l.until_ms, a.until_ms AS now_until_ms,
           d.verdict, d.person AS by, d.at_ms, d.approval
      FROM policy.access_review_lines l
      JOIN policy.assignments a ON a.principal = l.principal AND a.role = l.role AND a.study = l.study AND a.site = l.site AND a.from_ms = l.from_ms
      LEFT JOIN LATERAL (SELECT e.verdict, e.person, e.at_ms, e.approval FROM policy.access_review_decisions e
                          WHERE e.review = l.review AND e.line = l.line ORDER BY e.n DESC LIMIT 1) d ON true
     WHERE l.review = ${review} ORDER BY l.line`;
  return rows.map(({ now_until_ms, verdict, by, at_ms, approval, ...line }) => ({
    ...lineOf(line),
    nowUntilMs: numberOf(now_until_ms),
    decision: verdict === null ? null : { verdict, by, atMs: Number(at_ms), approval },
  }));
}

const lineOf = ({ from_ms, until_ms, ...line }: StoredLine): ReviewLineRow => ({ ...line, fromMs: Number(from_ms), untilMs: numberOf(until_ms) });

const reviewOf = ({ opened_by, opened_at_ms, due_at_ms, signed_by, signed_at_ms, result, ...row }: StoredReview): AccessReviewRow => ({
  ...row,
  openedBy: opened_by,
  openedAtMs: Number(opened_at_ms),
  dueAtMs: Number(due_at_ms),
  signed: signed_at_ms === null ? null : { by: signed_by, atMs: Number(signed_at_ms), digest: result },
});
