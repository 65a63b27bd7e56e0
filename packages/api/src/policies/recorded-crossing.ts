import {
  type Action,
  ACTIONS,
  type CompiledPolicy,
  decide,
  type Emergency,
  type LivePrincipal,
  type Place,
  type PlacelessQuestion,
  RESOURCE_TYPES,
  type ResourceType,
  siteFilter,
  type SiteRef,
  TokenScope,
  unstopped,
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

/** The policy's own word in the reason of a refusal, `policy.denied:<word>`; null where there is none. */
export const wordOf = (reason: string): string | null => (reason.startsWith("policy.denied:") ? reason.slice("policy.denied:".length) : null);

export const actionOf = (name: string): Action | null => ACTIONS.find((action) => action === name) ?? null;

/** Refusals that no policy would have spared: what they rested on isn't a rule. */
const WHATEVER_THE_POLICY: ReadonlySet<string> = new Set(["principal_suspended", "not_in_scope", "locked", "closed", "not_theirs"]);

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
 * How two policies decide a crossing that is on record, with the assignments of its time; `principal` as registered, with those that a lock of their role hides: `null` where the record doesn't tell enough – a place that isn't
 * on record, an act on several resource types that are answered differently, or one that may have been let through by an emergency. What was refused
 * for another cause than a rule stays refused.
 */
export function decidedAgain(
  [before, after]: readonly [CompiledPolicy, CompiledPolicy],
  principal: LivePrincipal | undefined,
  crossing: RecordedCrossing,
  { sites, emergencies }: { readonly sites: readonly SiteRef[]; readonly emergencies: readonly Emergency[] },
): { readonly before: "allow" | "deny"; readonly after: "allow" | "deny" } | null {
  const action = actionOf(crossing.action);
  if (principal === undefined || action === null) return null;
  const word = wordOf(crossing.reason);
  if (word !== null && WHATEVER_THE_POLICY.has(word)) return { before: "deny", after: "deny" };
  const answers = resourcesOf(action, [before, after]).map((resource) => {
    const question: PlacelessQuestion = {
      // As it was: its assignments keep their times, and what is stopped, locked or closed today was not so then. How they had signed in isn't on record.
      principal: unstopped(principal),
      scope: new TokenScope([action]),
      action,
      resource,
      nowMs: crossing.atMs,
      signedInBy: signedInThen(principal, word),
    };
    return [effectOf(before, question, crossing, sites), effectOf(after, question, crossing, sites)] as const;
  });
  const [first] = answers;
  if (first === undefined || !answers.every(([was, will]) => was === first[0] && will === first[1])) return null;
  const [was, will] = first;
  if (was === null || will === null) return null;
  return was === "deny" && crossing.decision === "allow" && emergencies.some((one) => isUnder(one, crossing)) ? null : { before: was, after: will };
}

/** Whether a crossing can have been one of an emergency: by its account, at its site, in its time. Which subject it was isn't in the search. */
const isUnder = ({ principal, study, site, fromMs, untilMs }: Emergency, crossing: RecordedCrossing): boolean =>
  principal === crossing.principal && `${study}/${site}` === crossing.site && fromMs <= crossing.atMs && crossing.atMs < untilMs;

/** How they can have signed in: in the way that meets every condition, unless that is what was wanting. */
export const signedInThen = ({ kind }: Pick<LivePrincipal, "kind">, word: string | null): string | null => (kind === "person" && word !== "condition" ? "passkey" : null);

function effectOf(policy: CompiledPolicy, question: PlacelessQuestion, { site, decision }: RecordedCrossing, sites: readonly SiteRef[]): "allow" | "deny" | null {
  if (siteRecorded(site) !== null || decision === "allow")
    return placesRecorded(site, sites).some((place) => decide(policy, { ...question, place }).effect === "allow") ? "allow" : "deny";
  // What was denied is in `system`, without its place: only who may do it everywhere or nowhere can be told.
  const reach = siteFilter(policy, question);
  if (reach.effect === "deny") return "deny";
  return reach.everything ? "allow" : null;
}
