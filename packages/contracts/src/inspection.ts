import { z } from "zod";
import { DocumentCounts, ReceivedDocument } from "./documents.ts";
import { PacketFile, PacketSummary, RecordCounts, SubjectCounts } from "./packets.ts";
import { Classification, Count, DocumentId, Domain, PacketId, RecordId, SiteId, StudyId, SubjectId } from "./primitives.ts";
import { strict } from "./strict.ts";
import { FieldValue } from "./subjects.ts";

const Row = z.int().min(1);

export const InspectPacketInput = strict({ packetId: PacketId });

/** What is asked of each file before it is released. */
export const PACKET_CHECKS = ["structure", "study", "sites", "subjects", "identity"] as const;

/** The outcome of one check: where it fails, by row and column, without a value; up to 50 places. */
const PacketCheck = z.strictObject({ check: z.enum(PACKET_CHECKS), passed: z.boolean(), where: z.array(z.string()) });

/** `hipaa` counts 45 CFR 164.514(b)(2)(i)(A)–(R) from 1; a variable that the profile doesn't know is `phi`. */
const InspectedVariable = z.strictObject({ name: z.string(), type: z.string(), classification: Classification, hipaa: z.int().min(1).max(18).nullable(), known: z.boolean() });

const PreviewCell = z.discriminatedUnion("state", [
  z.strictObject({ state: z.literal("readable"), value: FieldValue }),
  z.strictObject({ state: z.literal("masked"), mask: z.string() }),
]);

/** One file: `identity` are the variables that tell its records apart, none in DM; the preview is of its first 20 rows, without what would unblind. */
const InspectedFile = z.strictObject({
  ...PacketFile.omit({ document: true }).shape,
  identity: z.array(z.string()),
  checks: z.array(PacketCheck),
  variables: z.array(InspectedVariable),
  preview: z.strictObject({ columns: z.array(z.string()), rows: z.array(z.strictObject({ row: Row, cells: z.array(PreviewCell) })) }),
});

/** What is asked of each document. `active` and `nested` are for the releaser to weigh: they refuse nothing. */
export const DOCUMENT_CHECKS = ["structure", "place", "active", "nested"] as const;

/** What a release would do with a document, and which version of which one it would be; null where it can't be told. */
const InspectedDocument = z.strictObject({
  n: z.int().min(1),
  bytes: Count,
  ...ReceivedDocument.shape,
  facts: z.strictObject({ pdfVersion: z.string().nullable(), xmlRoot: z.string().nullable(), entries: Count.nullable(), inflatedBytes: Count.nullable() }),
  checks: z.array(z.strictObject({ check: z.enum(DOCUMENT_CHECKS), outcome: z.enum(["holds", "noted", "fails"]), where: z.array(z.string()) })),
  would: z.strictObject({ outcome: z.enum(["created", "updated", "unchanged"]), documentId: DocumentId.nullable(), version: z.int().min(1) }).nullable(),
});

/** A record that a release would give a new version, and the names of the variables that differ. */
const Difference = z.strictObject({
  n: z.int().min(1),
  row: Row,
  subjectId: SubjectId,
  label: z.string(),
  site: SiteId,
  domain: Domain,
  record: RecordId,
  version: z.int().min(2),
  changed: z.array(z.string()),
});

/**
 * What is in a packet, and what releasing it would do now. `differences` are the first 200 of `records.updated`, `conflicts` the first 50
 * rows whose subject belongs to another site, which is named only where the caller sees it, `withdrawn` the first 50 that bring something new of
 * subjects who have withdrawn consent: a release of them needs a statement. `refused` is whether a release would be refused for anything else.
 */
export const InspectPacketOutput = strict({
  packet: z.strictObject(PacketSummary.shape),
  files: z.array(InspectedFile),
  documents: z.array(InspectedDocument),
  release: z.strictObject({
    subjects: SubjectCounts,
    records: RecordCounts,
    documents: DocumentCounts,
    sites: z.array(z.strictObject({ study: StudyId, site: SiteId, subjects: SubjectCounts, records: RecordCounts })),
    equal: z.boolean(),
    differences: z.array(Difference),
    conflicts: z.array(z.strictObject({ n: z.int().min(1), row: Row, site: z.strictObject({ study: StudyId, site: SiteId }).nullable() })),
    withdrawn: z.array(z.strictObject({ n: z.int().min(1), row: Row })),
    refused: z.boolean(),
  }),
});
