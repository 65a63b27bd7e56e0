import type { Grant } from "@sallyport/policy";
import type { Database, Tx } from "./database.ts";
import { withGrant } from "./site-context.ts";

/** What is on record of who opened a subject's values. */
interface Opened {
  /** By principal: how often, first and last. */
  readonly principals: readonly { readonly principal: string; readonly count: number; readonly firstMs: number; readonly lastMs: number }[];
  /** The newest ones, newest first, with the record's canonical body. */
  readonly reveals: readonly { readonly atMs: number; readonly principal: string; readonly requestId: string; readonly body: string }[];
}

export interface SubjectExposure extends Opened {
  readonly label: string;
}

export interface ExposureStore {
  /** Of one subject, named by id and by its reference in the trail; null where the grant doesn't reach it. Needs `exposure.read`. */
  of(grant: Grant, subject: { readonly id: string; readonly reference: string }, limit: number): Promise<SubjectExposure | null>;
  /** What is on record in the grant's sites of a subject that was there, and may be elsewhere now. Needs `exposure.read`. */
  openedAt(grant: Grant, reference: string, limit: number): Promise<Opened>;
}

/** Exposure from the search, under row security: of the grant's sites alone. */
export function exposureStore(database: Database): ExposureStore {
  return {
    of: (grant, { id, reference }, limit) => {
      grant.assert("exposure.read");
      return withGrant(database, grant, async (tx) => {
        const [subject] = await tx<{ label: string }>`SELECT label FROM phi.subjects WHERE id = ${id}`;
        if (subject === undefined) return null;
        return { label: subject.label, ...(await opened(tx, reference, limit)) };
      });
    },

    openedAt: (grant, reference, limit) => {
      grant.assert("exposure.read");
      return withGrant(database, grant, (tx) => opened(tx, reference, limit));
    },
  };
}

async function opened(tx: Tx, reference: string, limit: number): Promise<Opened> {
  // Asking for a bulk reveal is recorded as that act too; only its opening says how many values it opened.
  const principals = await tx<{ principal: string; n: string; first_ms: string; last_ms: string }>`
    SELECT s.principal, count(*) AS n, min(s.at_ms) AS first_ms, max(s.at_ms) AS last_ms
      FROM audit.search s JOIN audit.records r ON r.chain = s.chain AND r.generation = s.generation AND r.seq = s.seq
     WHERE s.resource = ${reference} AND s.decision = 'allow'
       AND (s.action = 'phi.read' OR (s.action = 'phi.bulk_reveal' AND r.body::json ->> 'detail' ~ '(^|;)opened='))
     GROUP BY s.principal ORDER BY s.principal`;
  const reveals = await tx<{ at_ms: string; principal: string; request_id: string; body: string }>`
    SELECT s.at_ms, s.principal, s.request_id, r.body
      FROM audit.search s JOIN audit.records r ON r.chain = s.chain AND r.generation = s.generation AND r.seq = s.seq
     WHERE s.resource = ${reference} AND s.decision = 'allow'
       AND (s.action = 'phi.read' OR (s.action = 'phi.bulk_reveal' AND r.body::json ->> 'detail' ~ '(^|;)opened='))
     ORDER BY s.at_ms DESC, s.chain DESC, s.generation DESC, s.seq DESC LIMIT ${limit}`;
  return {
    principals: principals.map((row) => ({ principal: row.principal, count: Number(row.n), firstMs: Number(row.first_ms), lastMs: Number(row.last_ms) })),
    reveals: reveals.map((row) => ({ atMs: Number(row.at_ms), principal: row.principal, requestId: row.request_id, body: row.body })),
  };
}
