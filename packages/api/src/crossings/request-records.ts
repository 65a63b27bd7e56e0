import { type AuditRecord, parseBody } from "@sallyport/audit";
import type { CrossingSearch, CrossingRow, SearchScope } from "@sallyport/policy";
import { detailOf, type TracedRecord } from "./trace-of.ts";

/** A bulk act has a record for each of its sites; more than so many change nothing in a trace. */
const RECORDS_MAX = 100;

/** The caller's records of one request, in the order of time. A request's own id is all that relates them. */
export async function requestRecords(deps: { readonly search: CrossingSearch }, scope: SearchScope, requestId: string): Promise<readonly AuditRecord[]> {
  const lines = await deps.search.lines(scope, { requestId }, { after: null, limit: RECORDS_MAX });
  return lines.map(({ body }) => parseBody(body));
}

/** A record as a trace takes it. */
export const tracedOf = ({ decision, reason, role, action, policy, detail }: AuditRecord): TracedRecord => ({ decision, reason, role, action, policy, detail: detailOf(detail) });

/** A record as the search holds it. */
export const rowOf = (record: AuditRecord): CrossingRow => ({ ...record, atMs: Date.parse(record.timestamp_utc), requestId: record.request_id });
