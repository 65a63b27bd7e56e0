import { type Act, actOf } from "./act.ts";
import { stopAt } from "./locks.ts";
import type { Decision, Emergency, FieldRule, LivePrincipal, Place } from "./model.ts";
import { type Joined, joinReaches, type Reach, reachesOf } from "./reach.ts";
import { isDeploymentWide, type Moment, type Rights } from "./rights.ts";
import { isSiteRef, isSiteToken } from "./site-token.ts";

/** The acts that an emergency opens, each on one resource type: reading one subject, and revealing what is masked of it. Nothing that changes anything. */
const OPENED_ACTS: ReadonlySet<Act | null> = new Set([actOf("subject.read", "subject"), actOf("phi.read", "subject_phi")]);
/** The act that lets an emergency be opened. */
const OPENING = actOf("emergency.open", "subject");

/** Principals with the emergencies that each account has opened itself: another account of the same person has none of them. */
export function withEmergencies(principals: readonly LivePrincipal[], open: readonly Emergency[]): readonly LivePrincipal[] {
  if (open.length === 0) return principals;
  return principals.map((principal) => {
    const emergencies = open.filter((emergency) => emergency.principal === principal.id);
    return emergencies.length === 0 ? principal : { ...principal, emergencies };
  });
}

/** An emergency by which something may be done now, with the rules that let it be opened. */
export interface EmergencyReach {
  readonly emergency: Emergency;
  readonly opened: readonly Reach[];
  readonly joined: Joined;
}

/** Whether an assignment lets its holder open emergencies in a study: held at any of its sites, at the whole study, or over the deployment. */
const inStudy = ({ assignment }: Reach, study: string): boolean =>
  isDeploymentWide(assignment) || (isSiteToken(study) && assignment.study === study && (assignment.site === "*" || isSiteToken(assignment.site)));

/**
 * The emergencies by which a principal may do what is asked, wherever: in force, at a site that nothing stops, and only while they still hold, at a site of that
 * study, the right to open one. What an emergency shows is what the rules of that right say; a reveal opens what they mask, and nothing that they hide.
 */
export function emergencyReaches(rights: Rights, act: Act | null, moment: Moment): readonly EmergencyReach[] {
  const { policy, principal, scope } = rights;
  const { emergencies = [] } = principal;
  if (emergencies.length === 0 || principal.kind !== "person" || principal.status !== "active") return [];
  if (act === null || OPENING === null || !scope.names(act) || !OPENED_ACTS.has(act)) return [];
  const opening = reachesOf(rights, OPENING, moment);
  return emergencies.flatMap((emergency) => {
    if (!isInTime(emergency, moment.nowMs) || !isSiteRef(emergency) || stopAt(principal, act, emergency) !== null) return [];
    const opened = opening.filter((reach) => inStudy(reach, emergency.study));
    const joined = joinReaches(policy, opened);
    return joined === null ? [] : [{ emergency, opened, joined }];
  });
}

/** The fields that an emergency shows to this act: a reveal reads what is masked otherwise. */
export const emergencyFields = ({ joined: { fields } }: EmergencyReach, act: Act | null): FieldRule =>
  act?.action === "phi.read" ? { readable: [...fields.readable, ...fields.masked], masked: [] } : fields;

/** The emergency by which one subject at one site is opened; null where there is none. */
export function emergencyFor(rights: Rights, act: Act | null, place: Place | null | undefined, moment: Moment): EmergencyReach | null {
  const { subject } = moment;
  if (typeof subject !== "string" || place?.kind !== "one" || !isSiteRef(place.site)) return null;
  const { study, site } = place.site;
  return emergencyReaches(rights, act, moment).find(({ emergency }) => emergency.subject === subject && emergency.study === study && emergency.site === site) ?? null;
}

/** The decision that an emergency makes of a denial; null where there is none. */
export function decideByEmergency(rights: Rights, act: Act | null, place: Place, moment: Moment): Extract<Decision, { effect: "allow" }> | null {
  if (rights.principal.emergencies === undefined) return null;
  const found = emergencyFor(rights, act, place, moment);
  if (found === null) return null;
  const { emergency, joined } = found;
  const { study, site, id } = emergency;
  return {
    effect: "allow",
    rule: joined.rules.map((rule) => rule.id).join("+"),
    role: [...new Set(joined.rules.map(({ role }) => role))].join("+"),
    sites: [{ study, site }],
    fields: emergencyFields(found, act),
    emergency: id,
  };
}

/** From inclusive, until exclusive. A window that is not made of finite numbers never holds. */
const isInTime = ({ fromMs, untilMs }: Emergency, nowMs: number): boolean => Number.isFinite(fromMs) && Number.isFinite(untilMs) && fromMs <= nowMs && nowMs < untilMs;
