import { createMongoAbility, type MongoAbility, subject } from "@casl/ability";
import { preparsePolicySet, statefulIsAuthorized } from "@cedar-policy/cedar-wasm/nodejs";
import type { LivePrincipal, PolicyDocument } from "@sallyport/policy";
import type { Asked } from "./decide-sample.ts";

/** Answers one question. */
export type Engine<Question = Asked> = (asked: Question) => boolean;

/** The seed's own shape and order: a map from role and action, as one string, to the types that are allowed, asked for each of a principal's roles; the site is compared last. */
export function seedShape({ grants }: PolicyDocument): Engine {
  const allowed = new Map<string, Set<string>>();
  for (const { role, action, resource } of grants) {
    const key = `${role}|${action}`;
    allowed.set(key, (allowed.get(key) ?? new Set()).add(resource));
  }
  return ({ principal, action, resource, site }) => {
    for (const held of principal.assignments)
      if (allowed.get(`${held.role}|${action}`)?.has(resource) === true && held.study === site.study && held.site === site.site) return true;
    return false;
  };
}

/** CASL, with one ability a principal, kept. */
export function casl({ grants }: PolicyDocument): Engine {
  const abilities = new Map<LivePrincipal, MongoAbility>();
  const abilityOf = (principal: LivePrincipal): MongoAbility => {
    const known = abilities.get(principal);
    if (known !== undefined) return known;
    const rules = principal.assignments.flatMap(({ role, study, site }) =>
      grants.filter((grant) => grant.role === role).map(({ action, resource }) => ({ action, subject: resource, conditions: { study, site } })),
    );
    const made = createMongoAbility(rules);
    abilities.set(principal, made);
    return made;
  };
  return ({ principal, action, resource, site }) => abilityOf(principal).can(action, subject(resource, { ...site }));
}

/** Cedar over WebAssembly, with one preparsed policy a role and action; which roles are held at the site is worked out before it is asked. */
export function cedar({ grants }: PolicyDocument): Engine {
  const types = new Map<string, string[]>();
  for (const { role, action, resource } of grants) types.set(`${role}|${action}`, [...(types.get(`${role}|${action}`) ?? []), resource]);
  const policies = [...types].map(([key, allowed]) => {
    const [role = "", action = ""] = key.split("|");
    return `permit(principal, action == Action::"${action}", resource) when { context.roles.contains("${role}") && ${JSON.stringify(allowed)}.contains(context.type) };`;
  });
  const parsed = preparsePolicySet("bench", { staticPolicies: policies.join("\n") });
  if (parsed.type !== "success") throw new Error("cedar doesn't take the policies");
  return ({ principal, action, resource, site }) => {
    const roles = principal.assignments.filter((held) => held.study === site.study && held.site === site.site).map(({ role }) => role);
    const answer = statefulIsAuthorized({
      principal: { type: "Principal", id: principal.id },
      action: { type: "Action", id: action },
      resource: { type: "Resource", id: "r" },
      context: { roles, type: resource },
      preparsedPolicySetId: "bench",
      entities: [],
    });
    return answer.type === "success" && answer.response.decision === "allow";
  };
}
