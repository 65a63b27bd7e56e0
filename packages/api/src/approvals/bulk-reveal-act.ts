import { FieldName, Purpose, SubjectId } from "@sallyport/contracts";
import { z } from "zod";
import type { ApiDeps } from "../ports.ts";
import type { ApprovalAct } from "./act.ts";

const HOUR_MS = 3_600_000;
const Revealed = z.strictObject({ subjectId: SubjectId, fields: z.array(FieldName).min(1).max(200), purpose: Purpose });
export type BulkRevealPayload = z.output<typeof Revealed>;

/** Opens many masked fields of one subject at once: by its requester, once, within an hour. Its approver sees label, fields and purpose. */
export const bulkRevealAct = <Tx>(deps: ApiDeps<Tx>): ApprovalAct<Tx, BulkRevealPayload> => ({
  kind: "phi.bulk_reveal",
  ask: { action: "phi.bulk_reveal", resource: "subject_phi" },
  approve: { action: "phi.bulk_approve", resource: "subject_phi" },
  needed: 1,
  openForMs: 24 * HOUR_MS,
  usableForMs: HOUR_MS,
  onlyBy: null,
  payload: Revealed,
  concerns: () => null,
  async effect(tx, grant, { subjectId, fields, purpose }, { printedName }) {
    const label = await deps.subjects.labelOf(tx, grant, subjectId);
    if (label === null) return { about: "-", lines: [], refused: "policy.denied" };
    return {
      about: label,
      lines: [
        { what: `${label}: opened to`, before: null, after: `${printedName}, once, within an hour` },
        { what: "purpose", before: null, after: purpose },
        ...fields.map((field) => ({ what: field, before: "masked", after: "opened" })),
      ],
      refused: null,
    };
  },
  perform: null,
});
