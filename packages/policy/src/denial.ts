import type { Act } from "./act.ts";
import type { CompiledPolicy } from "./compile.ts";
import type { Decision, Place } from "./model.ts";

type Deny = Extract<Decision, { effect: "deny" }>;

/** A refusal. What would be needed instead is put into words only when somebody asks: few ever do, and the words take longer than the decision. */
export class Denial implements Deny {
  readonly effect = "deny";
  readonly reason: Deny["reason"];
  readonly #policy: CompiledPolicy;
  readonly #act: Act | null;
  readonly #place: Place;

  constructor(reason: Deny["reason"], policy: CompiledPolicy, act: Act | null, place: Place) {
    this.reason = reason;
    this.#policy = policy;
    this.#act = act;
    this.#place = place;
  }

  get needed(): string {
    return needed(this.reason, this.#policy, this.#act, this.#place);
  }
}

/** The words of what would be needed, for those who may see explanations. */
function neededFor(policy: CompiledPolicy, act: Act | null, where: string): string {
  if (act === null) return "an action and a resource type of the closed lists";
  return `${policy.rolesInWords(act) ?? `no role may ${act.action} ${act.resource}`} ${where}`;
}

function needed(reason: Deny["reason"], policy: CompiledPolicy, act: Act | null, place: Place): string {
  switch (reason) {
    case "principal_suspended":
      return "an active principal";
    case "not_in_scope":
      return "a token whose scope names the action";
    case "no_site":
      return "a resource with a registered site";
    case "not_deployment_wide":
      return neededFor(policy, act, "over the whole deployment");
    case "condition":
      return `${neededFor(policy, act, placeWords(place))}, signed in with a passkey`;
    case "locked":
      return "the site's lock lifted";
    case "closed":
      return "a site that isn't closed";
    case "no_rule":
    case "unknown_role":
    case "other_site":
    case "separation":
      return neededFor(policy, act, placeWords(place));
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
