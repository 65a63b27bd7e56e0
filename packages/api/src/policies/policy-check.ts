import { sha256Hex } from "@sallyport/crypto";
import { codeOf, type ErrorCode } from "@sallyport/errors";
import { assertAdministrable, type CompiledPolicy, type LivePrincipal, type PolicyProposalRow, readPolicy, readSuite, runSuite, type SuiteResult } from "@sallyport/policy";

/** What is remembered of documents and tests: they are looked at several times on their way, and their bytes never change. */
const REMEMBERED = 64;

function remembered<T>(make: (text: string, other: string) => T): (text: string, other?: string) => T {
  const known = new Map<string, T>();
  return (text, other = "") => {
    const key = `${sha256Hex(text)} ${sha256Hex(other)}`;
    const kept = known.get(key);
    if (kept !== undefined) return kept;
    const made = make(text, other);
    const [oldest] = known.keys();
    if (known.size >= REMEMBERED && oldest !== undefined) known.delete(oldest);
    known.set(key, made);
    return made;
  };
}

/** A stored document, compiled. Throws `policy.invalid`. */
export const policyOf = remembered((canonical) => readPolicy(canonical));
const results = remembered((canonical, suite): SuiteResult => runSuite(policyOf(canonical), readSuite(suite)));

/** What a policy's own tests come to. Throws `policy.invalid` where either can't be read. */
export const testsOf = ({ canonical, suite }: Pick<PolicyProposalRow, "canonical" | "suite">): SuiteResult => results(canonical, suite);

/** What a proposal is held against. */
export interface PolicyStanding {
  /** The active version, and the highest that is stored. */
  readonly active: number;
  readonly highest: number;
  readonly principals: Iterable<LivePrincipal>;
  readonly nowMs: number;
}

/** Why a proposal can't be put into effect as things stand, or null. */
export function refusalOf(proposal: PolicyProposalRow, { active, highest, principals, nowMs }: PolicyStanding): ErrorCode | null {
  const policy = policyOf(proposal.canonical);
  if (proposal.base !== active || policy.document.version !== highest + 1) return "policy.stale";
  if (testsOf(proposal).failed > 0) return "policy.tests_failed";
  return lockoutOf(policy, principals, nowMs);
}

/** Whether a policy would leave nobody who could change it again: the code, or null. */
export function lockoutOf(policy: CompiledPolicy, principals: Iterable<LivePrincipal>, nowMs: number): ErrorCode | null {
  try {
    assertAdministrable(policy, principals, nowMs);
    return null;
  } catch (error) {
    return codeOf(error);
  }
}
