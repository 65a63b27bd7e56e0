import { SallyportError } from "@sallyport/errors";
import type { RecordDraft, RecordedDecision } from "./model.ts";

const PRINTABLE_ASCII = /^[ -~]*$/;

/**
 * `system` or `site:<study>/<site>`. Spaces and plus signs are left out because a chain's name is part of its checkpoints' origin,
 * where C2SP advises against both.
 */
const CHAIN = /^(?:system|site:[!-*,-.0-~]+\/[!-*,-.0-~]+)$/;
const CHAIN_LENGTH_MAX = 256;

const DECISIONS: ReadonlySet<string> = new Set<RecordedDecision>(["allow", "deny", "error", "note"]);

const FREE_MEMBERS = ["principal", "role", "workload", "action", "resource", "site", "reason", "request_id", "policy", "detail"] as const;

/** Whether every character is in 0x20–0x7e, for which Python's `json.dumps` and RFC 8785 agree byte for byte. */
export const isPrintableAscii = (text: string): boolean => PRINTABLE_ASCII.test(text);

/** Whether this is the name of a chain: `system` or `site:<study>/<site>`. */
export const isChain = (text: string): boolean => text.length <= CHAIN_LENGTH_MAX && CHAIN.test(text);

/**
 * Throws unless a record can hold this draft: a chain's name, a decision of the closed list, printable ASCII everywhere else.
 *
 * The context names the member only; the value may be what must never be printed.
 *
 * @throws SallyportError `trail.unrepresentable`.
 */
export function assertDraft(draft: RecordDraft): void {
  if (typeof draft.chain !== "string" || !isChain(draft.chain)) throw new SallyportError("trail.unrepresentable", { member: "chain" });
  if (!DECISIONS.has(draft.decision)) throw new SallyportError("trail.unrepresentable", { member: "decision" });
  for (const member of FREE_MEMBERS) {
    const value: unknown = draft[member];
    if (typeof value !== "string" || !PRINTABLE_ASCII.test(value)) throw new SallyportError("trail.unrepresentable", { member });
  }
}
