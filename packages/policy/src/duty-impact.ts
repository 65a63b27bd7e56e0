import { mayAssign } from "./assigning.ts";
import type { CompiledPolicy } from "./compile.ts";
import { decide } from "./decide.ts";
import { type ImpactSpace, momentsOf, unstopped } from "./impact.ts";
import type { Action, LivePrincipal, Place, ResourceType, RoleRule, SiteRef } from "./model.ts";
import { isDeploymentWide } from "./rights.ts";
import { TokenScope } from "./token-scope.ts";

/** One principal who may assign one role after a change and couldn't before, or the other way round. Who may assign a role may at every site: so it holds everywhere. */
export interface AssigningRow {
  readonly principal: string;
  readonly role: string;
  /** Whether it is so however the person signed in, or only for one way of it. */
  readonly signedInBy: "any" | "passkey" | "other";
  readonly before: boolean;
  readonly after: boolean;
  /** From when on it is so, in milliseconds since the epoch; null for at once. */
  readonly fromMs: number | null;
}

/** One person who may do two acts, the one after the other, to the same thing after a change and couldn't before, or the other way round; at all the places where it is that. */
export interface SeparationRow {
  /** The person, with whatever account: `principals` are theirs, sorted. */
  readonly person: string;
  readonly principals: readonly string[];
  readonly first: Action;
  readonly second: Action;
  readonly before: boolean;
  readonly after: boolean;
  readonly sites: readonly SiteRef[];
  /** Whether it is so for what belongs to the whole deployment too. */
  readonly deployment: boolean;
  /** From when on both can be done, in milliseconds since the epoch; null for at once. */
  readonly fromMs: number | null;
}

const ASSIGN = { action: "assignment.change", resource: "principal", scope: new TokenScope(["assignment.change"]) } as const;
const DEPLOYMENT: Place = { kind: "deployment" };
const WAYS = ["passkey", "other"] as const;

/**
 * Who gains and who loses the right to assign which role: each principal × role of either policy × way of signing in, at the moments of {@link impactOf}. It is
 * held where the policy allows `assignment.change` and names a role of theirs for the role that is assigned.
 */
export function assigningImpactOf(before: CompiledPolicy, after: CompiledPolicy, { principals, nowMs }: Omit<ImpactSpace, "sites">): readonly AssigningRow[] {
  const [was, will] = [rolesOf(before), rolesOf(after)];
  const every = [...new Set([...was.keys(), ...will.keys()])];
  const changed = every.filter((role) => assignersText(was.get(role)) !== assignersText(will.get(role)));
  const rows: AssigningRow[] = [];
  for (const registered of principals) {
    const principal = unstopped(registered);
    // Whoever holds nothing over the whole deployment assigns nothing.
    if (!principal.assignments.some(isDeploymentWide)) continue;
    const told = new Set<string>();
    for (const atMs of momentsOf(principal.assignments, nowMs)) {
      const acts = WAYS.map((way) => ({ way, before: mayChange(before, principal, way, atMs), after: mayChange(after, principal, way, atMs) }));
      // A role whose assigners stay the same is another's to assign only where the act itself is.
      const roles = acts.some((act) => act.before !== act.after) ? every : changed;
      for (const role of roles) {
        const [named, names] = [was, will].map((rules) => namesFor(rules.get(role), principal, atMs));
        const changes = acts.flatMap(({ way, ...may }) => {
          const answer = { before: may.before && named === true, after: may.after && names === true };
          const key = `${role} ${way} ${String(answer.after)}`;
          if (answer.before === answer.after || told.has(key)) return [];
          told.add(key);
          return [{ way, ...answer }];
        });
        const [one, other] = changes;
        const isAnyway = one !== undefined && other !== undefined && one.after === other.after;
        for (const { way, ...answer } of isAnyway ? [one] : changes)
          rows.push({ principal: principal.id, role, signedInBy: isAnyway ? "any" : way, ...answer, fromMs: atMs === nowMs ? null : atMs });
      }
    }
  }
  return rows;
}

/**
 * Who may do two acts to one thing after a change and couldn't before, and who no longer may: each person × pair of acts that one of the policies keeps apart and
 * the other doesn't × registered site and deployment. The first may come at an earlier moment than the second; neither before now: what was done by then is
 * held against them when they do the second. Whatever type of thing each act is allowed on counts, signed in so that every condition is met.
 * @param space `principals` have every account of each person among them.
 */
export function separationImpactOf(before: CompiledPolicy, after: CompiledPolicy, { principals, sites, nowMs }: ImpactSpace): readonly SeparationRow[] {
  const [was, will] = [before, after].map(({ document }) => new Map(document.separation.map(({ first, second }) => [`${first} ${second}`, { first, second }]))) as [
    Map<string, Pair>,
    Map<string, Pair>,
  ];
  const pairs = [...new Map([...was, ...will])].filter(([key]) => was.has(key) !== will.has(key));
  if (pairs.length === 0) return [];
  const places: readonly Place[] = [...sites.map((site): Place => ({ kind: "one", site })), DEPLOYMENT];
  const rows: SeparationRow[] = [];
  for (const [person, accounts] of byPerson(principals)) {
    const moments = momentsOf(
      accounts.flatMap(({ assignments }) => assignments),
      nowMs,
    );
    const ids = accounts.map(({ id }) => id).sort();
    for (const [key, { first, second }] of pairs) {
      const gathered = new Map<string, { row: SeparationRow; sites: SiteRef[]; deployment: boolean }>();
      const sides = [
        { policy: before, isApart: was.has(key) },
        { policy: after, isApart: will.has(key) },
      ].map(({ policy, isApart }) => (isApart ? null : { policy, firsts: typesOf(policy, first), seconds: typesOf(policy, second) }));
      for (const place of places) {
        const done = sides.map(() => false);
        for (const atMs of moments) {
          const [mayBefore = false, mayAfter = false] = sides.map((side, at) => {
            if (side === null) return false;
            done[at] ||= mayDo(side.policy, accounts, { action: first, types: side.firsts, place, nowMs: atMs });
            return done[at] === true && mayDo(side.policy, accounts, { action: second, types: side.seconds, place, nowMs: atMs });
          });
          if (mayBefore === mayAfter) continue;
          const row: SeparationRow = {
            person,
            principals: ids,
            first,
            second,
            before: mayBefore,
            after: mayAfter,
            sites: [],
            deployment: false,
            fromMs: atMs === nowMs ? null : atMs,
          };
          const group = gathered.get(String(row.fromMs)) ?? { row, sites: [], deployment: false };
          if (place.kind === "one" && place.site !== null) group.sites.push(place.site);
          else group.deployment = true;
          gathered.set(String(row.fromMs), group);
          // One of the policies keeps them apart at every moment, so later ones say the same.
          break;
        }
      }
      for (const { row, sites: reached, deployment } of gathered.values()) rows.push({ ...row, sites: reached, deployment });
    }
  }
  return rows;
}

interface Pair {
  readonly first: Action;
  readonly second: Action;
}

/** Principals by the person behind them, nothing stopped. */
export function byPerson(principals: Iterable<LivePrincipal>): ReadonlyMap<string, readonly LivePrincipal[]> {
  const found = new Map<string, LivePrincipal[]>();
  for (const registered of principals) {
    const accounts = found.get(registered.person) ?? [];
    accounts.push(unstopped(registered));
    found.set(registered.person, accounts);
  }
  return found;
}

const rolesOf = ({ document }: CompiledPolicy): ReadonlyMap<string, RoleRule> => new Map(document.roles.map((rule) => [rule.name, rule]));
const assignersText = (rule: RoleRule | undefined): string => (rule === undefined ? "" : [...rule.assignableBy].sort().join(" "));
const namesFor = (rule: RoleRule | undefined, principal: LivePrincipal, nowMs: number): boolean => rule !== undefined && mayAssign({ roles: [rule] }, principal, rule.name, nowMs);
const wayOf = ({ kind }: LivePrincipal, way: string): string | null => (kind === "person" ? way : null);
const mayChange = (policy: CompiledPolicy, principal: LivePrincipal, way: string, nowMs: number): boolean =>
  decide(policy, { ...ASSIGN, principal, place: DEPLOYMENT, nowMs, signedInBy: wayOf(principal, way) }).effect === "allow";

/** The types of things that a policy allows an act on at all. */
const typesOf = ({ document }: CompiledPolicy, action: Action): readonly ResourceType[] => [
  ...new Set(document.grants.filter((grant) => grant.action === action).map(({ resource }) => resource)),
];

/** Whether any account of a person may do an act there, to a thing of any of these types. */
const mayDo = (
  policy: CompiledPolicy,
  accounts: readonly LivePrincipal[],
  { action, types, place, nowMs }: { readonly action: Action; readonly types: readonly ResourceType[]; readonly place: Place; readonly nowMs: number },
): boolean => {
  const scope = new TokenScope([action]);
  return accounts.some((principal) =>
    types.some((resource) => decide(policy, { principal, scope, action, resource, place, nowMs, signedInBy: wayOf(principal, "passkey") }).effect === "allow"),
  );
};
