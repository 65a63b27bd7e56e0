export { type ArchivalOptions, type ArchivalRules, type RemoveArchived, archiveGeneration, removeArchived, strictArchivalRules } from "./archival.ts";
export { AuditEpochs, flawOfTurn } from "./audit-epochs.ts";
export { statedExport } from "./chain-export.ts";
export { type Archived, closingIncident, type Mark, markId, openGeneration, openingMark, signedCheckpoint, type TrailKinds, type TrailMarkStore } from "./trail-marks.ts";
export { type ReleaseRules, releaseIncidents, strictReleaseRules } from "./incident-release.ts";
export { SealClock } from "./seal-clock.ts";
export { type DeepRunner, Verification } from "./verification.ts";
export { assertNotClosing, type CommittedHeads, opensAfter, TrailIncidents, type TrailIncidentsOptions } from "./trail-incidents.ts";
