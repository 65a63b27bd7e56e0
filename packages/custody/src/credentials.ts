export type { ApprovalEntry, CredentialEntry, CredentialKinds, CredentialStore, FoundingEntry } from "./credential-kinds.ts";
export { CredentialLedger, type LedgerOptions, type LedgerRules, strictLedgerRules } from "./credential-ledger.ts";
export { foundersLeft, makeFoundingLinks, openFoundingLinks, type OpenFoundingLink } from "./founding-links.ts";
