import { sha256Hex } from "@sallyport/crypto";

/** The text that the custodian signs for a policy document: which deployment, and the SHA-256 of the document's canonical bytes. */
export const policyStatement = (deployment: string, canonical: string): string => `sallyport/policy/v1\n${deployment}\n${sha256Hex(canonical)}\n`;
