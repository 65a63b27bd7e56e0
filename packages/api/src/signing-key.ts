import type { StatingKey } from "@sallyport/audit";

/** The key that the custodian signs by: what is made now is stated by it, with its handovers. */
export interface SigningKey extends StatingKey {
  /** Verifier keys that a stored note may be signed by: it itself, and those from which handovers lead to it (docs/spec/handover-v1.md, section 2). */
  readonly behind: readonly string[];
}
