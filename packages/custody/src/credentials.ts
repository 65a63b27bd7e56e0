export type { ApprovalEntry, CredentialEntry, CredentialKinds, CredentialStore, FoundingEntry, FoundingUse, ServiceCodeEntry, SignatureEntry } from "./credential-kinds.ts";
export { type AssertedCredential, CredentialLedger, type LedgerOptions, type LedgerRules, strictLedgerRules } from "./credential-ledger.ts";
export { countersign, type SigningOptions, type SigningRules, strictSigningRules } from "./document-signing.ts";
export { foundersLeft, isEnrolled, makeFoundingLinks, openFoundingLinks, type OpenFoundingLink, settleFoundingLinks } from "./founding-links.ts";
export { type ServiceAuthority, ServiceCertificates, type ServiceRules, strictServiceRules } from "./service-certificates.ts";
