export { approvalStore } from "./approval-store.ts";
export { assertSafe } from "./assert-safe.ts";
export { changeStore } from "./change-store.ts";
export { type CheckpointStore, checkpointStore, type StoredCheckpoint } from "./checkpoint-store.ts";
export type { Statement, Value } from "./connection.ts";
export { connectDatabase, Database, type DatabaseOptions, type Tx } from "./database.ts";
export { idempotencyStore } from "./idempotency-store.ts";
export { assertSchema, migrate, type MigrateOptions } from "./migrate.ts";
export { packetStore } from "./packet-store.ts";
export { peopleStores } from "./sign-in-stores.ts";
export { policyStore, type PostgresPolicyStore } from "./policy-store.ts";
export { exposureStore, type ExposureStore, type SubjectExposure } from "./exposure-store.ts";
export { type GenerationRow, recordStore, type RecordStore } from "./record-store.ts";
export { referenceKeyStore } from "./reference-key-store.ts";
export { provisionRoles, type RoleUrls } from "./roles.ts";
export {
  searchIndexer,
  type SearchConditions,
  type SearchIndexer,
  type SearchLine,
  type SearchOutcomes,
  type SearchPlace,
  type SearchPosition,
  type SearchRow,
  type SearchScope,
  searchStore,
  type SearchStore,
} from "./search-store.ts";
export { enterGrant, withGrant } from "./site-context.ts";
export { studyStore } from "./study-store.ts";
export { subjectStore } from "./subject-store.ts";
export { type TrailReader, trailReader } from "./trail-reader.ts";
export { trailStore } from "./trail-store.ts";
