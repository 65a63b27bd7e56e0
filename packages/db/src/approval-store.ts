import { SallyportError } from "@sallyport/errors";
import { type Action, type ApprovalRow, type ApprovalStore, type ApprovalVoteRow, siteKey, type SiteRef } from "@sallyport/policy";
import type { Database, Tx } from "./database.ts";
import { isSqlState } from "./database-failure.ts";
import { enterGrant, withGrant } from "./site-context.ts";

interface StoredRow extends Omit<ApprovalRow, "site" | "requestedAtMs" | "expiresAtMs" | "usableUntilMs"> {
  readonly site_key: string | null;
  readonly requestedAtMs: string;
  readonly expiresAtMs: string;
  readonly usableUntilMs: string | null;
  readonly votes: readonly ApprovalVoteRow[];
}

/** The acts that work on a request which is there. */
const ON_A_REQUEST: readonly Action[] = ["approval.decide", "approval.withdraw", "approval.use", "phi.bulk_reveal", "incident.release", "trail.archive"];

/** Requests for approval in Postgres. The schema's triggers say once more what may follow what. */
export function approvalStore(database: Database): ApprovalStore<Tx> {
  return {
    async placeOf(id) {
      const [row] = await database.run<{ kind: string; site_key: string | null; subject: string | null; requested_by_person: string }>`
        SELECT kind, site_key, subject, requested_by_person FROM approvals.place_of(${id})`;
      return row === undefined ? null : { kind: row.kind, site: siteOf(row.site_key), subject: row.subject, requestedByPerson: row.requested_by_person };
    },

    async insert(tx, grant, row) {
      if (row.site !== null && !grant.covers(row.site)) throw new SallyportError("policy.denied", { rule: grant.rule });
      await enterGrant(tx, grant);
      await tx`
        INSERT INTO approvals.requests (id, kind, statement, digest, effect, about, concerns, subject, site_key, requested_by, requested_by_person, reason,
                                        needed, requested_at_ms, expires_at_ms)
        VALUES (${row.id}, ${row.kind}, ${row.statement}, ${row.digest}, ${row.effect}, ${row.about}, ${row.concerns}, ${row.subject},
                ${row.site === null ? null : siteKey(row.site)}, ${row.requestedBy}, ${row.requestedByPerson}, ${row.reason},
                ${row.needed}, ${row.requestedAtMs}, ${row.expiresAtMs})`;
    },

    async get(grant, id) {
      grant.assert("approval.read", ...ON_A_REQUEST);
      return withGrant(database, grant, (tx) => read(tx, id));
    },

    async list(grant, filter) {
      grant.assert("approval.read");
      return withGrant(database, grant, (tx) => page(tx, filter));
    },

    async lock(tx, grant, id) {
      grant.assert(...ON_A_REQUEST);
      await enterGrant(tx, grant);
      await tx`SELECT 1 FROM approvals.requests WHERE id = ${id} FOR UPDATE`;
      // A statement of its own: it sees what the one before waited for.
      return read(tx, id);
    },

    async vote(tx, grant, id, { person, verdict, proof, note, reason, atMs }) {
      grant.assert("approval.decide");
      if (person !== grant.person) throw new SallyportError("policy.denied", { rule: grant.rule });
      await enterGrant(tx, grant);
      try {
        await tx`
          INSERT INTO approvals.votes (request, person, principal, verdict, proof, note, reason, at_ms)
          VALUES (${id}, ${person}, ${grant.principal}, ${verdict}, ${proof}, ${note}, ${reason}, ${atMs})`;
      } catch (error) {
        if (isSqlState(error, "23505")) throw new SallyportError("policy.separation");
        throw error;
      }
    },

    async settle(tx, grant, id, { from, to, atMs, usableUntilMs }) {
      grant.assert(...ON_A_REQUEST);
      await enterGrant(tx, grant);
      // When it was decided, and until when it may be used, stay as they were once it is used.
      const moved = await tx`
        UPDATE approvals.requests
           SET state = ${to}, settled_at_ms = coalesce(settled_at_ms, ${atMs}), usable_until_ms = coalesce(usable_until_ms, ${usableUntilMs ?? null})
         WHERE id = ${id} AND state = ${from} RETURNING 1`;
      if (moved.length !== 1) throw new SallyportError("approval.state", { approval: id });
    },

    async withdrawOf(tx, person, but, atMs) {
      const rows = await tx`SELECT id FROM approvals.withdraw_of(${person}, ${but ?? ""}, ${atMs}::bigint)`;
      return rows.length;
    },

    async sealedReason(grant, request) {
      grant.assert("approval.read");
      return withGrant(database, grant, async (tx) => {
        const [row] = await tx<{ id: string; sealed: string; commitment: string }>`SELECT id, sealed, commitment FROM approvals.sealed_reason(${request})`;
        return row ?? null;
      });
    },
  };
}

async function read(tx: Tx, id: string): Promise<ApprovalRow | null> {
  const [row] = await rowsOf(tx, [id]);
  return row ?? null;
}

/** The requests of these ids with their votes, newest first. */
async function rowsOf(tx: Tx, ids: readonly string[]): Promise<readonly ApprovalRow[]> {
  if (ids.length === 0) return [];
  const rows = await tx<StoredRow>`
    SELECT r.id, r.kind, r.statement, r.digest, r.effect, r.about, r.concerns, r.subject, r.site_key, r.needed, r.state, r.reason,
           r.requested_by AS "requestedBy", r.requested_by_person AS "requestedByPerson", p.printed_name AS "requestedByName",
           r.requested_at_ms AS "requestedAtMs", r.expires_at_ms AS "expiresAtMs", r.usable_until_ms AS "usableUntilMs",
           (SELECT coalesce(json_agg(json_build_object('person', v.person, 'printedName', q.printed_name, 'principal', v.principal, 'verdict', v.verdict,
                                                       'proof', v.proof, 'note', v.note, 'reason', v.reason, 'atMs', v.at_ms) ORDER BY v.at_ms, v.person), '[]')
              FROM approvals.votes v JOIN people.persons q ON q.id = v.person WHERE v.request = r.id) AS votes
      FROM approvals.requests r JOIN people.persons p ON p.id = r.requested_by_person
     WHERE r.id = ANY (string_to_array(${ids.join("\n")}, E'\n'))
     ORDER BY r.requested_at_ms DESC, r.id DESC`;
  return rows.map(({ site_key, requestedAtMs, expiresAtMs, usableUntilMs, ...row }) => ({
    ...row,
    site: siteOf(site_key),
    requestedAtMs: Number(requestedAtMs),
    expiresAtMs: Number(expiresAtMs),
    usableUntilMs: usableUntilMs === null ? null : Number(usableUntilMs),
  }));
}

async function page(tx: Tx, filter: Parameters<ApprovalStore<Tx>["list"]>[1]): ReturnType<ApprovalStore<Tx>["list"]> {
  const { show, kind = null, person, decidable, nowMs, after = null, limit } = filter;
  const rights = JSON.stringify(decidable.map(({ sites, ...right }) => ({ ...right, sites: sites.join("\n") })));
  const found = await tx<{ id: string }>`
    WITH rights AS (SELECT * FROM json_to_recordset(${rights}::text::json) AS x (kind text, deployment boolean, sites text))
    SELECT r.id FROM approvals.requests r
     WHERE (r.requested_by_person = ${person}
            OR (${show} <> 'mine' AND EXISTS (
                 SELECT 1 FROM rights x WHERE x.kind = r.kind
                    AND CASE WHEN r.site_key IS NULL THEN x.deployment ELSE r.site_key = ANY (string_to_array(x.sites, E'\n')) END)))
       AND (${show} <> 'open' OR (r.state = 'requested' AND r.expires_at_ms > ${nowMs}) OR (r.state = 'approved' AND r.usable_until_ms > ${nowMs}))
       AND (${show} <> 'expired' OR (r.state = 'requested' AND r.expires_at_ms <= ${nowMs}) OR (r.state = 'approved' AND r.usable_until_ms <= ${nowMs}))
       AND (${show} <> 'decide' OR (r.state = 'requested' AND r.expires_at_ms > ${nowMs} AND r.requested_by_person <> ${person} AND r.concerns IS DISTINCT FROM ${person}
            AND NOT EXISTS (SELECT 1 FROM approvals.votes v WHERE v.request = r.id AND v.person = ${person})))
       AND (${kind}::text IS NULL OR r.kind = ${kind})
       AND (${after}::text IS NULL OR (r.requested_at_ms, r.id) < (SELECT a.requested_at_ms, a.id FROM approvals.requests a WHERE a.id = ${after}))
     ORDER BY r.requested_at_ms DESC, r.id DESC LIMIT ${limit}`;
  const [counted] = await tx<{ waiting: number }>`
    WITH rights AS (SELECT * FROM json_to_recordset(${rights}::text::json) AS x (kind text, deployment boolean, sites text))
    SELECT count(*)::integer AS waiting FROM approvals.requests r
     WHERE r.state = 'requested' AND r.expires_at_ms > ${nowMs} AND r.requested_by_person <> ${person} AND r.concerns IS DISTINCT FROM ${person}
       AND NOT EXISTS (SELECT 1 FROM approvals.votes v WHERE v.request = r.id AND v.person = ${person})
       AND EXISTS (SELECT 1 FROM rights x WHERE x.kind = r.kind
                    AND CASE WHEN r.site_key IS NULL THEN x.deployment ELSE r.site_key = ANY (string_to_array(x.sites, E'\n')) END)`;
  return {
    items: await rowsOf(
      tx,
      found.map(({ id }) => id),
    ),
    waiting: counted?.waiting ?? 0,
  };
}

function siteOf(key: string | null): SiteRef | null {
  if (key === null) return null;
  const [study = "", site = ""] = key.split("/");
  return { study, site };
}
