export { newAuthoritySecret, ringOfAuthority } from "./authorities.ts";
export { type CertificateKinds, Certificates } from "./certificates.ts";
export { DataKeys, newKekSecret } from "./data-keys.ts";
export type { KeyKinds, KeyStore } from "./key-kinds.ts";
export { activeKey, firstRing, type KeyRing, type KeptKey, type RingName, type RingRules, strictRingRules } from "./key-ring.ts";
export { NodeReports } from "./node-reports.ts";
export { RingKeeper, ringOf } from "./ring-keeper.ts";
export { rotate } from "./rotate.ts";
export { makeSpoolKey, spoolRecipient } from "./spool-key.ts";
