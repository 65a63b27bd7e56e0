import type { ErrorCode } from "@sallyport/errors";
import { type Assignee, mayAssign } from "@sallyport/policy";
import type { ApiDeps } from "../ports.ts";

/** Why nothing can be assigned at a place: it isn't one, or isn't registered. */
export async function refusedPlace<Tx>(deps: Pick<ApiDeps<Tx>, "studies">, study: string, site: string): Promise<ErrorCode | null> {
  if (study === "*") return site === "*" ? null : "input.invalid";
  const known = (await deps.studies.all()).find(({ id }) => id === study);
  return known !== undefined && (site === "*" || known.sites.some(({ id }) => id === site)) ? null : "input.invalid";
}

/** Why a principal can't assign a role, or end an assignment of it, as the policy stands now. */
export function refusedRole<Tx>(deps: Pick<ApiDeps<Tx>, "policy" | "now">, assigner: string, role: string): ErrorCode | null {
  const { compiled, principals } = deps.policy.current();
  if (!compiled.knowsRole(role)) return "input.invalid";
  return mayAssign(compiled.document, principals.get(assigner) ?? { assignments: [] }, role, deps.now()) ? null : "policy.denied";
}

/** Why somebody can't be given a role by somebody: nobody is by themselves, with whatever account. Who isn't there is as who may not be touched. */
export function refusedAssignee(assignee: Pick<Assignee, "person"> | null, assigner: { readonly person: string }): ErrorCode | null {
  if (assignee === null) return "policy.denied";
  return assignee.person === assigner.person ? "policy.separation" : null;
}
