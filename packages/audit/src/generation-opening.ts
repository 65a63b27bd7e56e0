import type { AuditRecord, Head, RecordDraft } from "./model.ts";

/** The action of the record that opens every generation but the first. */
export const GENERATION_OPEN = "generation.open";

/** The `detail` of the record that opens a generation: it cites the head of the one before (docs/spec/audit-record-v1.md, section 5). */
export const openingDetail = (previous: Omit<Head, "chain">): string => `previous generation=${previous.generation} seq=${previous.seq} mac=${previous.mac}`;

/** The record that opens a chain's next generation after this head, and why it goes on: an incident, or another key. */
export const openingDraft = (chain: string, previous: Omit<Head, "chain">, why: Pick<RecordDraft, "resource" | "reason">): RecordDraft => ({
  chain,
  principal: "custodian",
  role: "-",
  workload: "api",
  action: GENERATION_OPEN,
  site: chain === "system" ? "-" : chain.slice("site:".length),
  decision: "note",
  request_id: "-",
  policy: "-",
  detail: openingDetail(previous),
  ...why,
});

/** Whether a generation's first record opens it after this head. */
export const isOpeningAfter = (record: AuditRecord, previous: Omit<Head, "chain">): boolean =>
  record.seq === 1 && record.generation === previous.generation + 1 && record.action === GENERATION_OPEN && record.detail === openingDetail(previous);
