import type { GrantRule, LivePrincipal } from "@sallyport/policy";

/** The actions of a principal's roles, narrowed to those asked for. What isn't theirs is left out, without a word about it. */
export function scopeOf({ assignments }: Pick<LivePrincipal, "assignments">, grants: readonly Pick<GrantRule, "role" | "action">[], asked?: string): string {
  const roles = new Set(assignments.map(({ role }) => role));
  const theirs = new Set<string>(grants.filter(({ role }) => roles.has(role)).map(({ action }) => action));
  const wanted = asked === undefined ? [...theirs] : asked.split(" ").filter((action) => theirs.has(action));
  return [...new Set(wanted)].toSorted((a, b) => (a < b ? -1 : 1)).join(" ");
}

/** Every action that a policy grants to anybody. */
export const wholeScope = (grants: readonly Pick<GrantRule, "action">[]): string =>
  [...new Set<string>(grants.map(({ action }) => action))].toSorted((a, b) => (a < b ? -1 : 1)).join(" ");
