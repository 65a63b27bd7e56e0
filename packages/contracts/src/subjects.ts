import { z } from "zod";
import { EmergencySummary } from "./emergencies.ts";
import { strict } from "./strict.ts";
import { ArchivedRange, Evidence } from "./trail.ts";
import { Count, Cursor, Domain, FieldName, IsoTime, PageLimit, Purpose, Reason, RecordId, SiteId, StudyId, SubjectId } from "./primitives.ts";

/** A subject as a list shows it. `usubjid` is always the mask: the label is what people work with. */
export const SubjectSummary = z.strictObject({
  subjectId: SubjectId,
  label: z.string(),
  study: StudyId,
  site: SiteId,
  usubjid: z.string(),
  /** When it was recorded that consent is withdrawn; null where it isn't. From which day is a date of the subject's, and is revealed (`CONSENT.FROM`). */
  withdrawnAt: IsoTime.nullable(),
  /** Whether what opens its data was destroyed for good. */
  isShredded: z.boolean(),
});

export const ListSubjectsInput = strict({
  study: StudyId.optional(),
  site: SiteId.optional(),
  cursor: Cursor.optional(),
  limit: PageLimit,
});

/** `total` and `bySite` speak of the caller's own sites only, under the same filter. */
export const ListSubjectsOutput = strict({
  items: z.array(SubjectSummary),
  total: Count,
  bySite: z.array(z.strictObject({ study: StudyId, site: SiteId, count: Count })),
  next: Cursor.nullable(),
});

/** One domain of a subject; a page has 200 records at most. */
export const GetSubjectInput = strict({ subjectId: SubjectId, domain: Domain.default("DM"), cursor: Cursor.optional() });

export const FieldValue = z.union([z.string(), z.number(), z.boolean(), z.null()]);

/** A field as the caller may see it: opened, or a mask of constant length. Hidden fields aren't listed at all. */
export const SubjectField = z.discriminatedUnion("state", [
  z.strictObject({ state: z.literal("readable"), field: FieldName, record: RecordId, value: FieldValue }),
  z.strictObject({ state: z.literal("masked"), field: FieldName, record: RecordId, mask: z.string() }),
]);

/** The domain's current records, none where it was shredded, in the order of the file's rows, field by field; `domains` are the ones that the subject has, with their current records. */
export const GetSubjectOutput = strict({
  ...SubjectSummary.shape,
  domain: Domain,
  domains: z.array(z.strictObject({ domain: Domain, records: Count })),
  fields: z.array(SubjectField),
  next: Cursor.nullable(),
  /** Who had it shredded, by printed names, and when; null where it wasn't. `destroyedAt`: when the custodian had done it, within seconds. */
  shred: z
    .strictObject({
      approvalId: z.string(),
      at: IsoTime,
      destroyedAt: IsoTime.nullable(),
      requestedBy: z.string(),
      approvedBy: z.array(z.string()),
      packets: Count,
    })
    .nullable(),
});

/** Opens one field of one subject: of the current version of its record, or of one that is named. */
export const RevealFieldInput = strict({
  subjectId: SubjectId,
  field: FieldName,
  record: RecordId.default("1"),
  version: z.int().positive().max(2_147_483_647).optional(),
  purpose: Purpose,
  reason: Reason,
});

/** `remaskAfterSeconds`: a screen covers the value again after so long. */
export const RevealFieldOutput = strict({
  subjectId: SubjectId,
  field: FieldName,
  record: RecordId,
  version: z.int().positive(),
  value: FieldValue,
  remaskAfterSeconds: z.int().positive(),
  recorded: z.strictObject({ chain: z.string(), generation: Count, seq: Count }),
});

/** Who may, who did: of one subject. */
export const ExposureInput = strict({ subjectId: SubjectId });
const ExposedPrincipal = z.strictObject({
  principal: z.string(),
  name: z.string().nullable(),
  roles: z.array(z.string()),
  /** How often they opened something of this subject, and when last; 0 and null for those who only could. */
  reveals: Count,
  lastAt: IsoTime.nullable(),
});
/** `could`: may now and did not; `did`: did and still may; `didAndCannot`: did and may no longer. `since` is the first record. */
export const ExposureOutput = strict({
  subjectId: SubjectId,
  label: z.string(),
  could: z.array(ExposedPrincipal),
  did: z.array(ExposedPrincipal),
  didAndCannot: z.array(ExposedPrincipal),
  reveals: z.array(
    z.strictObject({
      at: IsoTime,
      principal: z.string(),
      name: z.string().nullable(),
      field: z.string(),
      purpose: z.string(),
      emergency: z.string().nullable(),
      requestId: z.string(),
    }),
  ),
  /** Who had the subject opened in an emergency, newest first. */
  emergencies: z.array(EmergencySummary),
  since: IsoTime.nullable(),
  /** Whether the subject was at a site before whose trail the caller may not read: what was opened there is not in this answer. */
  isPartial: z.boolean(),
  /** What was archived of the trail that this is read from: who opened something then is in the archives, and not in this answer. */
  archived: z.array(ArchivedRange),
});

/** Opens what an approved request of the caller's own names; once, and again to its repeat with the same idempotency key. */
export const OpenBulkInput = strict({ approvalId: z.string().regex(/^apr_[0-9a-hjkmnp-tv-z]{26}$/) });
export const OpenBulkOutput = strict({
  subjectId: SubjectId,
  fields: z.array(z.strictObject({ field: FieldName, record: RecordId, value: FieldValue })),
  remaskAfterSeconds: z.int().positive(),
  recorded: z.strictObject({ chain: z.string(), generation: Count, seq: Count }),
  evidence: z.array(Evidence),
});
