import { sha256Hex } from "@sallyport/crypto";

/** Stands for the custodian's signed note over a policy: equal only for equal bytes. */
export const policyStatementFor = (canonical: string): string => `note over ${sha256Hex(canonical)}`;
