import {
  type Action,
  ACTIONS,
  type CompiledPolicy,
  decide,
  type LivePrincipal,
  type Place,
  type PlacelessQuestion,
  RESOURCE_TYPES,
  type ResourceType,
  siteFilter,
  type SiteRef,
  TokenScope,
} from "@sallyport/policy";

/** What a record tells of a decision that was made. */
export interface RecordedCrossing {
  readonly principal: string;
  readonly action: string;
  /** `study/site`, or `-`. */
  readonly site: string;
  readonly decision: string;
  readonly reason: string;
  readonly atMs: number;
}

/** A principal as it was: its assignments keep their times, and who is stopped today could act then. How they had signed in isn't on record. */
export const asItWas = (principal: LivePrincipal): LivePrincipal => ({ ...principal, status: "active" });

const actionOf = (name: string): Action | null => ACTIONS.find((action) => action === name) ?? null;

/** The site that a record names, or null. */
function siteRecorded(site: string): SiteRef | null {
  const [study, name] = site.split("/");
  return study === undefined || name === undefined ? null : { study, site: name };
}

/** The resource types that an act can have been on: those that one of these policies has rules for. */
export const resourcesOf = (action: Action, policies: readonly CompiledPolicy[]): readonly ResourceType[] =>
  RESOURCE_TYPES.filter((resource) => policies.some((policy) => policy.rolesFor(action, resource).length > 0));

/** The places at which what was allowed without naming one site can have been: the deployment, or any of the sites. */
export const placesRecorded = (site: string, sites: readonly SiteRef[]): readonly Place[] => {
  const named = siteRecorded(site);
  return named === null ? [{ kind: "deployment" }, { kind: "any", sites }] : [{ kind: "one", site: named }];
};

/**
 * How two policies decide a crossing that is on record, with the assignments of its time: `null` where the record doesn't tell enough – a place that isn't
 * on record, or an act on several resource types that are answered differently.
 */
export function decidedAgain(
  [before, after]: readonly [CompiledPolicy, CompiledPolicy],
  principal: LivePrincipal | undefined,
  crossing: RecordedCrossing,
  sites: readonly SiteRef[],
): { readonly before: "allow" | "deny"; readonly after: "allow" | "deny" } | null {
  const action = actionOf(crossing.action);
  if (principal === undefined || action === null) return null;
  const answers = resourcesOf(action, [before, after]).map((resource) => {
    const question: PlacelessQuestion = {
      principal: asItWas(principal),
      scope: new TokenScope([action]),
      action,
      resource,
      nowMs: crossing.atMs,
      signedInBy: principal.kind === "person" ? "passkey" : null,
    };
    return [effectOf(before, question, crossing, sites), effectOf(after, question, crossing, sites)] as const;
  });
  const [first] = answers;
  if (first === undefined || !answers.every(([was, will]) => was === first[0] && will === first[1])) return null;
  const [was, will] = first;
  return was === null || will === null ? null : { before: was, after: will };
}

function effectOf(policy: CompiledPolicy, question: PlacelessQuestion, { site, decision }: RecordedCrossing, sites: readonly SiteRef[]): "allow" | "deny" | null {
  if (siteRecorded(site) !== null || decision === "allow")
    return placesRecorded(site, sites).some((place) => decide(policy, { ...question, place }).effect === "allow") ? "allow" : "deny";
  // What was denied is in `system`, without its place: only who may do it everywhere or nowhere can be told.
  const reach = siteFilter(policy, question);
  if (reach.effect === "deny") return "deny";
  return reach.everything ? "allow" : null;
}
