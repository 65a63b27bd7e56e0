export type { ApprovalEntry, CredentialEntry, CredentialKinds, CredentialStore, FoundingEntry, FoundingUse } from "./credential-kinds.ts";
export { CredentialLedger, type LedgerOptions, type LedgerRules, strictLedgerRules } from "./credential-ledger.ts";
export { foundersLeft, makeFoundingLinks, openFoundingLinks, type OpenFoundingLink, settleFoundingLinks } from "./founding-links.ts";
