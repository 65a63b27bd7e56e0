import { z } from "zod";
import { strict } from "./strict.ts";
import { Count, FieldName, IsoTime, PacketId, Reason, RecordId, SiteId, SubjectId } from "./primitives.ts";
import { SubjectField } from "./subjects.ts";
import { Evidence } from "./trail.ts";

/** Which record of a subject. */
export const HistoryInput = strict({
  subjectId: SubjectId,
  domain: z
    .string()
    .regex(/^[A-Z][A-Z0-9]{1,7}$/)
    .default("DM"),
  record: RecordId.default("1"),
});

/**
 * One version of a record. `changed` names the variables in which it differs from the one before, as far as the caller may know of them; null for a
 * first version, and where it was not noted. `requestId` is the release's: its record holds the commitment to the reason, which `crossings.reason` opens.
 */
const RecordVersion = z.strictObject({
  version: z.int().positive(),
  at: IsoTime,
  packet: PacketId,
  releasedBy: z.string().nullable(),
  releasedByName: z.string().nullable(),
  requestId: z.string().nullable(),
  changed: z.array(FieldName).nullable(),
  fields: z.array(SubjectField),
});

/** Newest first, 200 at most; `total` is how many there are. */
export const HistoryOutput = strict({ subjectId: SubjectId, label: z.string(), domain: z.string(), record: z.string(), versions: z.array(RecordVersion), total: Count });

/** `from` is the day from which consent is withdrawn: not after today. It is a date of a person's: stored sealed, and answered by no list. */
export const WithdrawInput = strict({ subjectId: SubjectId, from: z.iso.date(), reason: Reason });

/** Says that the withdrawal that stands was recorded in error. Both stay on record. */
export const CorrectWithdrawalInput = strict({ subjectId: SubjectId, reason: Reason });

/** `withdrawnAt` is when it was recorded; null where no withdrawal stands. */
export const WithdrawalOutput = strict({ subjectId: SubjectId, withdrawnAt: IsoTime.nullable(), evidence: z.array(Evidence) });

/** `to` is a site of the subject's own study. */
export const TransferInput = strict({ subjectId: SubjectId, to: SiteId, reason: Reason });
export const TransferOutput = strict({
  subjectId: SubjectId,
  site: SiteId,
  moved: z.strictObject({ records: Count, versions: Count, fields: Count }),
  evidence: z.array(Evidence),
});
