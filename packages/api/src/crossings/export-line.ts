import { lineOf, parseBody } from "@sallyport/audit";
import { csvLine } from "./csv-cell.ts";
import type { Names } from "./crossing-summary.ts";

const COLUMNS = [
  "at",
  "chain",
  "generation",
  "seq",
  "principal",
  "name",
  "role",
  "workload",
  "action",
  "resource",
  "site",
  "outcome",
  "reason",
  "request_id",
  "policy",
  "detail",
  "mac",
];

/** The first line of an export, where its format has one. */
export const headerOf = (format: "csv" | "jsonl" | "excerpt"): readonly string[] => (format === "csv" ? [csvLine(COLUMNS)] : []);

/** A stored record as a line of an export: its canonical line, or its members as cells. */
export function exportLine(format: "csv" | "jsonl", { body, mac }: { readonly body: string; readonly mac: string }, names: Names): string {
  if (format === "jsonl") return lineOf(body, mac);
  const record = parseBody(body);
  const { chain, generation, seq, principal, role, workload, action, resource, site, decision, reason, policy, detail } = record;
  const name = Object.hasOwn(names, principal) ? (names[principal] ?? "") : "";
  return csvLine([record.timestamp_utc, chain, generation, seq, principal, name, role, workload, action, resource, site, decision, reason, record.request_id, policy, detail, mac]);
}
