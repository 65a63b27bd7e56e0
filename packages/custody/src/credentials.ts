export type { ApprovalEntry, CredentialEntry, CredentialKinds, CredentialStore, FoundingEntry, FoundingUse, ServiceCodeEntry } from "./credential-kinds.ts";
export { CredentialLedger, type LedgerOptions, type LedgerRules, strictLedgerRules } from "./credential-ledger.ts";
export { foundersLeft, isEnrolled, makeFoundingLinks, openFoundingLinks, type OpenFoundingLink, settleFoundingLinks } from "./founding-links.ts";
export { type ServiceAuthority, ServiceCertificates, type ServiceRules, strictServiceRules } from "./service-certificates.ts";
