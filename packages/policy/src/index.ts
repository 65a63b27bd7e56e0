export * from "./model.ts";
export * from "./ports.ts";
export { type Act, actOf } from "./act.ts";
export { ADMINISTRATOR_ROLE, ADMINISTRATORS_MIN, assertAdministrable } from "./administrable.ts";
export { afterVote, type ApprovalStanding, type ApprovalState, assertMayVote, hasVoted, isParty, stateAt, type Verdict } from "./approval.ts";
export type { ApprovalRow, ApprovalStore, ApprovalVoteRow, DecidableKind } from "./approval-store.ts";
export type { AccessReviewRow, AccessReviewStore, ReviewDecisionRow, ReviewLineRow, ReviewScope, ReviewTally, StandingLine } from "./access-review-store.ts";
export { type AlertDelivery, alertKinds, type AlertKind, type AlertRow, type Alerts, type RaisedAlert, type RouteStanding } from "./alert-store.ts";
export { isPowerful, mayAssign, POWERFUL_ACTIONS } from "./assigning.ts";
export type { Assignee, AssignmentKey, AssignmentStore } from "./assignment-store.ts";
export { canonicalPolicy, policyDigest, policyLabel } from "./canonical.ts";
export { CompiledPolicy, compilePolicy, readPolicy } from "./compile.ts";
export type { CrossingLine, CrossingRow, CrossingSearch, SearchConditions, SearchPlace, SearchPosition, SearchScope } from "./crossing-search.ts";
export type { ArchiveBundle, ArchiveStore, StoredArchival } from "./archive-store.ts";
export { decide, decideAct } from "./decide.ts";
export { type PolicyChange, policyDifference } from "./difference.ts";
export { assigningImpactOf, type AssigningRow, byPerson, separationImpactOf, type SeparationRow } from "./duty-impact.ts";
export { withEmergencies } from "./emergency.ts";
export { incidentSteps, type IncidentStep, type IncidentStepStore, type StepEvidence, type StepRow } from "./incident-step-store.ts";
export { type KeyStep, keySteps, type KeyStepStore } from "./key-step-store.ts";
export type { EmergencyReadRow, EmergencyRow, EmergencyStore } from "./emergency-store.ts";
export { type Explanation, explain } from "./explain.ts";
export { FIELD_CLASSES, type FieldClass } from "./field-rule.ts";
export { filterFor, type SiteFilter, siteFilter, siteMatches } from "./filter.ts";
export { Grant, type GrantFacts } from "./grant.ts";
export { type Impact, type ImpactRow, type ImpactSpace, impactOf, type Standing, unstopped } from "./impact.ts";
export { firstEnd, isLocking, type Lock, lockedTokens, type LockKind, stopAt, underLocks, withClosed } from "./locks.ts";
export type { LockRow, LockStore } from "./lock-store.ts";
export { parsePolicy } from "./parse.ts";
export type { PolicyChangeRow, PolicyProposalRow, PolicyVersionRow, PolicyVersionStore } from "./policy-versions.ts";
export type { PlacelessQuestion } from "./reach.ts";
export { isDeploymentWide, isInForce, type Moment, type Rights } from "./rights.ts";
export { TokenScope } from "./token-scope.ts";
export { runSuite, type SuiteFailure, type SuiteResult } from "./run-suite.ts";
export type { SavedSearchRow, SavedSearchStore } from "./saved-search-store.ts";
export type { EnrolmentRequest, ServiceRow, ServiceStore } from "./service-store.ts";
export type { HeldSpooled, SpooledEnd, SpooledRow, SpooledStanding, SpoolStore } from "./spool-store.ts";
export { type DoneAct, separated } from "./separation.ts";
export { isSiteRef, isSiteToken } from "./site-token.ts";
export { starterPolicy, starterPolicyDigest } from "./starter.ts";
export { starterSuite } from "./starter-suite.ts";
export { type PolicySuite, readSuite, SUITE_BYTES_MAX, type SuiteCase, type SuiteCell, suiteOf } from "./suite.ts";
export {
  TRAIL_RISKS,
  type StandingItem,
  type TrailReviewEntry,
  type TrailReviewItem,
  type TrailReviewRow,
  type TrailReviewStore,
  type TrailRisk,
} from "./trail-review-store.ts";
export { type Ability, type Holder, type RightPath, whatCan, whoCan } from "./who-can.ts";
