import type { AuditRecord } from "@sallyport/audit";
import { catalog, isErrorCode } from "@sallyport/errors";
import {
  type Action,
  type CompiledPolicy,
  type Decision,
  decide,
  type Emergency,
  type LivePrincipal,
  type Place,
  type Question,
  RESOURCE_TYPES,
  type ResourceType,
  siteKey,
  type SiteRef,
  TokenScope,
  unstopped,
} from "@sallyport/policy";
import { actionOf, placesRecorded, resourcesOf, signedInThen, wordOf } from "./recorded-crossing.ts";

/** What a record is read with: the principal as registered, its rule as the record's detail has it, the emergency that it names, and every site. */
export interface RecordedWith {
  readonly principal: LivePrincipal;
  readonly rule: string | null;
  readonly emergency: Emergency | null;
  readonly sites: readonly SiteRef[];
}

type Recorded = Pick<AuditRecord, "action" | "resource" | "site" | "decision" | "reason" | "timestamp_utc">;

/** Whether a rule had allowed it, however it ended: what is refused or fails after that names the rule. */
const wasAllowed = ({ decision }: Recorded, rule: string | null): boolean => decision === "allow" || rule !== null;

/** What can be asked about an action on record: what its rule says, what the record names, or whatever some role of the policy may. */
export function resourcesRecorded(policy: CompiledPolicy, action: Action, { resource }: Pick<Recorded, "resource">, rule: string | null): readonly ResourceType[] {
  // Under an emergency, the rule on record is the one by which it was opened.
  const ruled = policy.document.grants.find((grant) => grant.action === action && rule?.split("+").includes(grant.id));
  const named = ruled?.resource ?? RESOURCE_TYPES.find((type) => type === resource);
  if (named !== undefined) return [named];
  const ruledOver = resourcesOf(action, [policy]);
  return ruledOver.length > 0 ? ruledOver : RESOURCE_TYPES;
}

/**
 * The question that was decided: the first that ends as recorded, of those that the record can mean. Null where none does; then nothing is to be told from the
 * policy. What a refusal rested on beside the rules is taken from its reason: what was locked, closed, out of scope or not signed in for was so then.
 */
export function questionRecorded(policy: CompiledPolicy, record: Recorded, { principal, rule, emergency, sites }: RecordedWith): Question | null {
  const action = actionOf(record.action);
  if (action === null) return null;
  const isAllowed = wasAllowed(record, rule);
  const word = isAllowed ? null : wordOf(record.reason);
  if (!isAllowed && word === null) return null;
  // A refusal is in `system`, without its place: it can have been anywhere.
  const anywhere: readonly Place[] = isAllowed ? [] : [...sites.map((site): Place => ({ kind: "one", site })), { kind: "one", site: null }];
  const everySite = new Set(sites.map(siteKey));
  const asker: LivePrincipal = {
    ...unstopped(principal),
    ...(word === "principal_suspended" && { status: "suspended" }),
    ...(word === "locked" && { stoppedAt: everySite }),
    ...(word === "closed" && { closedAt: everySite }),
    emergencies: emergency === null ? [] : [emergency],
  };
  const questions = resourcesRecorded(policy, action, record, rule).flatMap((resource) =>
    [...placesRecorded(record.site, sites), ...anywhere].map(
      (place): Question => ({
        principal: asker,
        scope: new TokenScope(word === "not_in_scope" ? [] : [action]),
        action,
        resource,
        place,
        subject: emergency?.subject ?? null,
        nowMs: Date.parse(record.timestamp_utc),
        signedInBy: signedInThen(principal, word),
      }),
    ),
  );
  const endsSo = (decision: Decision): boolean => (decision.effect === "allow" ? isAllowed : decision.reason === word);
  return questions.find((question) => endsSo(decide(policy, question))) ?? null;
}

/** Reasons that say nothing of a place: what would be needed is a role at whichever it was. */
const OF_NO_PLACE: ReadonlySet<string> = new Set(["no_rule", "unknown_role", "condition"]);
const WHERE_IT_BELONGS = "where it belongs: at its site, or over the whole deployment if it has none";

/**
 * What would have been needed for what is on record as refused, in words; null where the question's own words say it, or none can be told. Never more than
 * the reason says: where the place isn't on record, no role over the whole deployment is asked for.
 */
export function neededOnRecord({ reason, decision }: Pick<Recorded, "reason" | "decision">, action: string, rolesThatMay: readonly string[]): string | null {
  if (decision !== "deny") return null;
  const [code = ""] = reason.split(":");
  const word = wordOf(reason);
  if (word !== null && OF_NO_PLACE.has(word)) {
    const roles = rolesThatMay.length === 0 ? `a role that may ${action}, which none may` : rolesThatMay.join(" or ");
    return `${roles}, ${WHERE_IT_BELONGS}${word === "condition" ? "; signed in with a passkey" : ""}`;
  }
  if (word === "not_theirs") return "the account whose it is";
  if (word === "no_second_right") return "beside this right, the other one that the act takes at the same place";
  if (word !== null) return null;
  if (code === "policy.separation") return "another person";
  if (code === "policy.denied") return "a thing that is there, and that the caller may do this to";
  return isErrorCode(code) ? catalog[code].remedy : null;
}
