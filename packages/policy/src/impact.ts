import { type Act, actOf } from "./act.ts";
import type { CompiledPolicy } from "./compile.ts";
import { decideAct } from "./decide.ts";
import type { Action, Decision, FieldRule, GrantRule, LivePrincipal, Place, ResourceType, SiteRef } from "./model.ts";
import { isInForce, type Rights } from "./rights.ts";
import { TokenScope } from "./token-scope.ts";

/** What a policy answers at one point of the decision space. */
export interface Standing {
  readonly allowed: boolean;
  /** Sorted; empty where it isn't allowed. */
  readonly fields: FieldRule;
}

/** The same change of one principal's right, at all the places where it is that. */
export interface ImpactRow {
  readonly principal: string;
  readonly action: Action;
  readonly resource: ResourceType;
  /** Whether it is so however the person signed in, or only for one way of it. */
  readonly signedInBy: "any" | "passkey" | "other";
  readonly before: Standing;
  readonly after: Standing;
  readonly sites: readonly SiteRef[];
  /** Whether it is so for what belongs to the whole deployment too. */
  readonly deployment: boolean;
  /** From when on it is so, in milliseconds since the epoch: an assignment begins or ends then. Null for at once. */
  readonly fromMs: number | null;
}

/** Who gains and who loses what, exactly: every point of the decision space at which two policies answer otherwise, gathered by what changes. */
export interface Impact {
  readonly rows: readonly ImpactRow[];
  /** Points: one principal, act, resource type, place and way of signing in. */
  readonly gained: number;
  readonly lost: number;
  /** Allowed before and after, with other fields. */
  readonly altered: number;
}

export interface ImpactSpace {
  /** As registered, so with the assignments that a lock of their role would hide. */
  readonly principals: Iterable<LivePrincipal>;
  /** Every registered site. */
  readonly sites: readonly SiteRef[];
  /** Decisions are compared as they are from this moment on. */
  readonly nowMs: number;
}

const DEPLOYMENT: Place = { kind: "deployment" };
const WAYS = ["passkey", "other"] as const;

/**
 * Compares two policies over the whole decision space: each principal × action × resource type × registered site and deployment × way of signing in, at this
 * moment and at each later one at which an assignment begins or ends; a change that is the same at several moments is one, from the first. Locks, closed sites
 * and suspensions are left out: one person lifts them by themselves, so what they hide has to be seen before. Only what a principal's own roles can make a
 * difference to is asked; for the rest both policies rest on the same rules.
 */
export function impactOf(before: CompiledPolicy, after: CompiledPolicy, { principals, sites, nowMs }: ImpactSpace): Impact {
  const touched = touchedActs(before, after);
  const places: readonly Place[] = [...sites.map((site): Place => ({ kind: "one", site })), DEPLOYMENT];
  const rows: ImpactRow[] = [];
  const count = { gained: 0, lost: 0, altered: 0 };
  for (const registered of principals) {
    const principal = unstopped(registered);
    const told = new Set<string>();
    for (const atMs of momentsOf(principal.assignments, nowMs)) {
      const acts = new Set(principal.assignments.filter((held) => isInForce(held, atMs)).flatMap(({ role }) => [...(touched.get(role) ?? [])]));
      for (const act of [...acts].sort((one, other) => one.index - other.index)) {
        const { action, resource } = act;
        const scope = new TokenScope([action]);
        const [first, second] = [before.rights(principal, scope), after.rights(principal, scope)];
        const gathered = new Map<string, { row: ImpactRow; sites: SiteRef[]; deployment: boolean }>();
        for (const [at, place] of places.entries()) {
          const ask = (rights: Rights, way: string): Standing =>
            standingOf(decideAct(rights, act, place, { nowMs: atMs, signedInBy: principal.kind === "person" ? way : null, subject: null }));
          const changes = WAYS.flatMap((way) => {
            const [was, will] = [ask(first, way), ask(second, way)];
            if (same(was, will)) return [];
            const point = `${act.index} ${at} ${way} ${JSON.stringify([was, will])}`;
            if (told.has(point)) return [];
            told.add(point);
            return [{ way, was, will }];
          });
          const [one, other] = changes;
          const isAnyway = one !== undefined && other !== undefined && same(one.was, other.was) && same(one.will, other.will);
          for (const { way, was, will } of changes) {
            count[was.allowed ? (will.allowed ? "altered" : "lost") : "gained"] += 1;
            if (isAnyway && way === "other") continue;
            const fromMs = atMs === nowMs ? null : atMs;
            const row: ImpactRow = {
              principal: principal.id,
              action,
              resource,
              signedInBy: isAnyway ? "any" : way,
              before: was,
              after: will,
              sites: [],
              deployment: false,
              fromMs,
            };
            const key = JSON.stringify(row);
            const group = gathered.get(key) ?? { row, sites: [], deployment: false };
            if (place.kind === "one" && place.site !== null) group.sites.push(place.site);
            else group.deployment = true;
            gathered.set(key, group);
          }
        }
        for (const { row, sites: reached, deployment } of gathered.values()) rows.push({ ...row, sites: reached, deployment });
      }
    }
  }
  return { rows, ...count };
}

/** A principal as nothing stops it. Whoever has left holds no assignment any more, and so gains nothing. */
export const unstopped = ({ id, kind, person, workload, tokensFromS, assignments }: LivePrincipal): LivePrincipal => ({
  id,
  kind,
  person,
  status: "active",
  workload,
  tokensFromS,
  assignments,
});

/** This moment, and those later ones at which any of these assignments begins or ends. */
export const momentsOf = (assignments: LivePrincipal["assignments"], nowMs: number): readonly number[] =>
  [nowMs, ...new Set(assignments.flatMap(({ fromMs, untilMs }) => [fromMs, untilMs ?? nowMs]).filter((ms) => Number.isFinite(ms) && ms > nowMs))].sort((one, other) => one - other);

export const standingOf = (decision: Decision): Standing =>
  decision.effect === "allow"
    ? { allowed: true, fields: { readable: [...decision.fields.readable].sort(), masked: [...decision.fields.masked].sort() } }
    : { allowed: false, fields: { readable: [], masked: [] } };

const same = (one: Standing, other: Standing): boolean => one.allowed === other.allowed && spelled(one.fields) === spelled(other.fields);
const spelled = ({ readable, masked }: FieldRule): string => `${readable.join()};${masked.join()}`;

/** Of each role, the acts for which the two policies have another rule. */
function touchedActs(before: CompiledPolicy, after: CompiledPolicy): ReadonlyMap<string, ReadonlySet<Act>> {
  const byAct = (policy: CompiledPolicy) => new Map(policy.document.grants.map((grant) => [`${grant.role} ${grant.action} ${grant.resource}`, grant]));
  const [was, will] = [byAct(before), byAct(after)];
  const touched = new Map<string, Set<Act>>();
  for (const [key, grant] of [...was, ...will]) {
    if (ruleText(was.get(key)) === ruleText(will.get(key))) continue;
    const act = actOf(grant.action, grant.resource);
    if (act !== null) touched.set(grant.role, (touched.get(grant.role) ?? new Set<Act>()).add(act));
  }
  return touched;
}

const ruleText = (grant: GrantRule | undefined): string =>
  grant === undefined
    ? ""
    : `+${spelled({ readable: [...(grant.fields?.readable ?? [])].sort(), masked: [...(grant.fields?.masked ?? [])].sort() })};${grant.conditions?.signedInBy ?? ""}`;
