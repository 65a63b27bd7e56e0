export { type CustodianParts, openCustodian, type RunningCustodian } from "./custodian.ts";
export { listen, type ListenerOptions } from "./listener.ts";
export { escrowAuditKeys, moveRootKey, revokeOffline } from "./offline.ts";
export { openTrail, type TrailReader } from "./trail-reader.ts";
export { workerRunner } from "./verify-runner.ts";
