import type { AuditRecord, Head } from "./model.ts";

/** The action of the record that opens every generation but the first. */
export const GENERATION_OPEN = "generation.open";

/** The `detail` of the record that opens a generation: it cites the head of the one before (docs/spec/audit-record-v1.md, section 5). */
export const openingDetail = (previous: Omit<Head, "chain">): string => `previous generation=${previous.generation} seq=${previous.seq} mac=${previous.mac}`;

/** Whether a generation's first record opens it after this head. */
export const isOpeningAfter = (record: AuditRecord, previous: Omit<Head, "chain">): boolean =>
  record.seq === 1 && record.generation === previous.generation + 1 && record.action === GENERATION_OPEN && record.detail === openingDetail(previous);
