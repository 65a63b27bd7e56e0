import { SallyportError } from "@sallyport/errors";
import type { CompiledPolicy } from "./compile.ts";
import { decide } from "./decide.ts";
import type { Action, LivePrincipal, ResourceType } from "./model.ts";
import { TokenScope } from "./token-scope.ts";

/** What it takes to change a policy: to propose and approve it, to see requests, and to decide on them. */
const NEEDED: readonly (readonly [Action, ResourceType])[] = [
  ["role.change", "role"],
  ["role.read", "role"],
  ["approval.read", "approval"],
  ["approval.decide", "approval"],
];

/** The role that administers people: its holders are counted by name wherever administrators are. */
export const ADMINISTRATOR_ROLE = "security_admin";
/** How many active administrators have to remain (DESIGN §4). */
export const ADMINISTRATORS_MIN = 2;

/**
 * Refuses a policy under which nobody could ever change it again: its administrators' role has to keep what a change takes, and two active people
 * have to be able to do all of it over the whole deployment.
 *
 * @throws SallyportError `policy.invalid` where the role is short of a right; `people.floor` where too few people would be left.
 */
export function assertAdministrable(policy: CompiledPolicy, principals: Iterable<LivePrincipal>, nowMs: number): void {
  const missing = NEEDED.filter(([action, resource]) => !policy.rolesFor(action, resource).includes(ADMINISTRATOR_ROLE));
  if (missing.length > 0)
    throw new SallyportError("policy.invalid", {
      where: missing.map(([action, resource]) => `${ADMINISTRATOR_ROLE}: would lose ${action} ${resource}, so nobody could change the policy again`),
    });
  const able = new Set<string>();
  for (const principal of principals) {
    const mayAll = NEEDED.every(
      ([action, resource]) =>
        decide(policy, { principal, scope: new TokenScope([action]), action, resource, place: { kind: "deployment" }, nowMs, signedInBy: "passkey" }).effect === "allow",
    );
    if (principal.kind === "person" && mayAll) able.add(principal.person);
  }
  if (able.size < ADMINISTRATORS_MIN) throw new SallyportError("people.floor");
}
