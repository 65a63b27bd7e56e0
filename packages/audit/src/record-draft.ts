import { SallyportError } from "@sallyport/errors";
import type { RecordDraft, RecordedDecision } from "./model.ts";

const PRINTABLE_ASCII = /^[ -~]*$/;
/** Printable ASCII but the quote and the backslash. */
const NEEDS_NO_ESCAPE = /^[ !#-[\]-~]*$/;

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

/** The chain that was found well named last. Runs are of one chain, and a comparison costs less than the pattern. */
let namedWell = "system";

/** Whether this is the name of a chain: `system` or `site:<study>/<site>`. */
export function isChain(text: string): boolean {
  if (text === namedWell) return true;
  if (text.length > CHAIN_LENGTH_MAX || !CHAIN.test(text)) return false;
  namedWell = text;
  return true;
}

/**
 * Throws unless a record can hold this draft: a chain's name, a decision of the closed list, printable ASCII everywhere else.
 * Says whether JSON writes all of its texts as they are. Its characters are looked at once, run together.
 *
 * The context names the member only; the value may be what must never be printed.
 *
 * @throws SallyportError `trail.unrepresentable`.
 */
export function assertDraft(draft: RecordDraft): boolean {
  if (typeof draft.chain !== "string" || !isChain(draft.chain)) throw new SallyportError("trail.unrepresentable", { member: "chain" });
  if (!DECISIONS.has(draft.decision)) throw new SallyportError("trail.unrepresentable", { member: "decision" });
  for (const member of FREE_MEMBERS) if (typeof draft[member] !== "string") throw new SallyportError("trail.unrepresentable", { member });
  const { chain, principal, role, workload, action, resource, site, reason, request_id, policy, detail } = draft;
  const text = chain + principal + role + workload + action + resource + site + reason + request_id + policy + detail;
  if (NEEDS_NO_ESCAPE.test(text)) return true;
  if (PRINTABLE_ASCII.test(text)) return false;
  throw new SallyportError("trail.unrepresentable", { member: FREE_MEMBERS.find((each) => !PRINTABLE_ASCII.test(draft[each])) ?? "chain" });
}
