import type { CompiledPolicy } from "./compile.ts";
import type { Action, Decision, Place, Question, ResourceType } from "./model.ts";

type Deny = Extract<Decision, { effect: "deny" }>;

/** A refusal. What would be needed instead is put into words only when somebody asks: few ever do, and the words take longer than the decision. */
export class Denial implements Deny {
  readonly effect = "deny";
  readonly reason: Deny["reason"];
  readonly #question: Question;
  readonly #policy: CompiledPolicy;

  constructor(reason: Deny["reason"], question: Question, policy: CompiledPolicy) {
    this.reason = reason;
    this.#question = question;
    this.#policy = policy;
  }

  get needed(): string {
    return needed(this.reason, this.#question, this.#policy);
  }
}

/** The words of what would be needed, for those who may see explanations. */
function neededFor(policy: CompiledPolicy, action: Action, resource: ResourceType, where: string): string {
  const roles = policy.rolesInWords(action, resource);
  return roles === null ? `no role may ${action} ${resource}` : `${roles} ${where}`;
}

function needed(reason: Deny["reason"], { action, resource, place }: Question, policy: CompiledPolicy): string {
  switch (reason) {
    case "principal_suspended":
      return "an active principal";
    case "not_in_scope":
      return "a token whose scope names the action";
    case "no_site":
      return "a resource with a registered site";
    case "not_deployment_wide":
      return neededFor(policy, action, resource, "over the whole deployment");
    case "condition":
      return `${neededFor(policy, action, resource, placeWords(place))}, signed in with a passkey`;
    case "locked":
      return "the site's lock lifted";
    case "closed":
      return "a site that isn't closed";
    case "no_rule":
    case "unknown_role":
    case "other_site":
    case "separation":
      return neededFor(policy, action, resource, placeWords(place));
  }
}

function placeWords(place: Place | null | undefined): string {
  switch (place?.kind) {
    case "one":
      return "at the resource's site";
    case "each":
      return "at each of the named sites";
    case "any":
      return "at one site at least";
    case "deployment":
      return "over the whole deployment";
    case undefined:
    default:
      return "somewhere";
  }
}
