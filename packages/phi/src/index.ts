export * from "./ports.ts";
export * from "./subject-acts.ts";
export { type DueShred, isShredded, SHREDDED, type ShredRow, type ShredScope, type ShredStore } from "./shreds.ts";
export { cdiscSdtm } from "./cdisc-sdtm.ts";
export { fhirR4Patient } from "./fhir-r4-patient.ts";
export { cellsOf, type Column, type Dataset, type DataType, type FieldValue, sitesOf, studyOf } from "./dataset.ts";
export { DatasetFaults } from "./dataset-faults.ts";
export type { DatasetLimits } from "./dataset-file.ts";
export type { DatasetHead } from "./dataset-head.ts";
export type { DocumentFacts, DocumentMedia, DocumentNotes, DocumentSource, DocumentType, InspectedDocument } from "./document/document.ts";
export { inspectDocument } from "./document/inspect-document.ts";
export { SealedFile } from "./document/sealed-file.ts";
export type { DeclaredDocument, DocumentContent, DocumentCounts, DocumentPlace, DocumentRow, DocumentStore, ReceivedDocument, StandingDocument } from "./documents.ts";
export type { SignatureRecord, SignatureRow, SignatureStore, StandingSignature } from "./signatures.ts";
export { labelOf } from "./label.ts";
export { resealFields } from "./reseal-fields.ts";
export { MASK, maskOf } from "./mask.ts";
export { moveFields, sealConsentDate } from "./move-fields.ts";
export { type DatasetRow, openDataset, type OpenedDataset, readDataset } from "./open-dataset.ts";
export { openSource } from "./open-source.ts";
export { CHUNK_BYTES, chunkCount, fileId, openFile, openFileName, openPacket, sealChunk, sealFileName, sealPacket } from "./packet.ts";
export { Phi, PHI_MARK } from "./phi.ts";
export { type Conflict, type OpenedRecord, type PlannedRecord, type PlannedRow, type PlanRequest, planRows, type RowsPlan } from "./plan-release.ts";
export {
  classify,
  type Classified,
  Classifier,
  isStricter,
  type Naming,
  type Profile,
  PROFILE_SOURCES,
  type ProfileSource,
  ruleName,
  stricter,
  VARIABLE_KINDS,
  type VariableKind,
  type VariableRule,
} from "./profile.ts";
export { type FieldCount, profileDifference, type ProfileDifference, type RuleChange, type StoredEffect, storedEffects } from "./profile-difference.ts";
export { canonicalProfile, profileDigest, profileLabel, readProfile } from "./profile-document.ts";
export { identityOf, recordIdOf, type RecordPlace } from "./record-identity.ts";
export { lookupOf, referenceOf } from "./reference.ts";
export { type IdentifiedRow, RowReader } from "./read-rows.ts";
export type { ProfileSnapshot, ProfileStore, ProfileVersionRow, StoredProfile } from "./profile-store.ts";
export { shippedProfileDigests, shippedProfiles } from "./shipped-profiles.ts";
export { decodeField, encodeField, type FieldView, openFields, type PlainField, sealRecord, type SealedFor } from "./sealed-record.ts";
export type { NewUpload, ReadUpload, UploadFile, UploadPart, UploadRow, UploadStore } from "./uploads.ts";
