import { CrossingOutcome, type CrossingSummary } from "@sallyport/contracts";
import type { CrossingRow } from "@sallyport/policy";

/** Names of principals, by id. */
export type Names = Readonly<Record<string, string>>;

/** A search's row as a list shows it. What stands as an outcome and is none was altered: it is shown as a note, and verification names it. */
export function summaryOf(row: CrossingRow, names: Names): CrossingSummary {
  const { chain, generation, seq, principal, role, workload, action, resource, site, reason, requestId } = row;
  const outcome = CrossingOutcome.safeParse(row.decision).data ?? "note";
  const principalName = Object.hasOwn(names, principal) ? (names[principal] ?? null) : null;
  return { chain, generation, seq, at: new Date(row.atMs).toISOString(), principal, principalName, role, workload, action, resource, site, outcome, reason, requestId };
}
