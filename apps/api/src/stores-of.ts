import type { ApiDeps } from "@sallyport/api";
import {
  accessReviewStore,
  approvalStore,
  archiveStore,
  assignmentStore,
  changeStore,
  type Database,
  documentStore,
  emergencyStore,
  exposureStore,
  idempotencyStore,
  incidentStepStore,
  keyStepStore,
  lockStore,
  outboxStore,
  packetStore,
  policyVersionStore,
  recipientStore,
  routeStore,
  savedSearchStore,
  searchStore,
  sealedPackets,
  serviceStore,
  shredStore,
  signatureStore,
  spoolStore,
  subjectActStore,
  subjectStore,
  submissionStore,
  trailReviewStore,
  type Tx,
  uploadStore,
} from "@sallyport/db";

type Stores = Pick<
  ApiDeps<Tx>,
  | "accessReviews"
  | "approvals"
  | "archives"
  | "assignments"
  | "changes"
  | "documents"
  | "emergencies"
  | "exposure"
  | "idempotency"
  | "incidentSteps"
  | "keySteps"
  | "locks"
  | "outbox"
  | "packets"
  | "policyVersions"
  | "recipients"
  | "routes"
  | "savedSearches"
  | "search"
  | "sealedPackets"
  | "services"
  | "shreds"
  | "signatures"
  | "spooled"
  | "subjectActs"
  | "subjects"
  | "submissions"
  | "trailReviews"
  | "uploads"
>;

/** The ports that are a store in the database and nothing else. */
export const storesOf = (database: Database): Stores => ({
  accessReviews: accessReviewStore(database),
  approvals: approvalStore(database),
  archives: archiveStore(database),
  assignments: assignmentStore(database),
  changes: changeStore(database),
  documents: documentStore(database),
  emergencies: emergencyStore(database),
  exposure: exposureStore(database),
  idempotency: idempotencyStore(database),
  incidentSteps: incidentStepStore(database),
  keySteps: keyStepStore(database),
  locks: lockStore(database),
  outbox: outboxStore(database),
  packets: packetStore(database),
  policyVersions: policyVersionStore(database),
  recipients: recipientStore(database),
  routes: routeStore(database),
  savedSearches: savedSearchStore(database),
  search: searchStore(database),
  sealedPackets: sealedPackets(database),
  services: serviceStore(database),
  shreds: shredStore(database),
  signatures: signatureStore(database),
  spooled: spoolStore(database),
  subjectActs: subjectActStore(database),
  subjects: subjectStore(database),
  submissions: submissionStore(database),
  trailReviews: trailReviewStore(database),
  uploads: uploadStore(database),
});
