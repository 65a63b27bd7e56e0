import { type Action, type LivePrincipal, type Question, type ResourceType, type SiteRef, siteKey } from "./model.ts";

/** What a lock stops: a person with all their accounts, a service's workload (SPIFFE ID), one token (`jti`), a role wherever it is held, or a site (`study/site`). */
export type LockKind = "person" | "workload" | "token" | "role" | "site";

/** A lock that hasn't been lifted. */
export interface Lock {
  readonly kind: LockKind;
  readonly target: string;
  /** When it ends by itself, in milliseconds since the epoch; null for never. */
  readonly untilMs: number | null;
}

/** What goes on at a site that is stopped: what is on record can be read and verified, and everybody may see their own rights and which sites there are. */
const GOES_ON: ReadonlySet<ResourceType> = new Set(["trail", "access", "study"]);

/** What brings something new to a site. */
const BRINGS_NEW: ReadonlySet<Action> = new Set(["packet.upload", "packet.release", "document.write"]);

/** What stops an act at a site whatever rights there are: a lock on the site, or that it is closed; null for nothing. */
export function stopAt(
  { stoppedAt, closedAt }: Pick<LivePrincipal, "stoppedAt" | "closedAt">,
  { action, resource }: Pick<Question, "action" | "resource">,
  site: SiteRef,
): "locked" | "closed" | null {
  if (stoppedAt !== undefined && !GOES_ON.has(resource) && stoppedAt.has(siteKey(site))) return "locked";
  return closedAt !== undefined && BRINGS_NEW.has(action) && closedAt.has(siteKey(site)) ? "closed" : null;
}

/** Principals as they stand while sites are closed. */
export function withClosed(principals: readonly LivePrincipal[], closed: readonly string[]): readonly LivePrincipal[] {
  if (closed.length === 0) return principals;
  const closedAt = new Set(closed);
  return principals.map((principal) => ({ ...principal, closedAt }));
}

/** Whether a lock holds at this time. An end that is no number never comes. */
export const isLocking = ({ untilMs }: Pick<Lock, "untilMs">, nowMs: number): boolean => untilMs === null || !(untilMs <= nowMs);

/**
 * Principals as they stand under locks: who is stopped is `suspended`, a stopped role is held by nobody, and at a stopped site nobody does
 * anything. Decisions ask the principal alone, so a lock is part of each of them.
 */
export function underLocks(principals: readonly LivePrincipal[], locks: readonly Lock[], nowMs: number): readonly LivePrincipal[] {
  const inForce = locks.filter((lock) => isLocking(lock, nowMs));
  if (inForce.length === 0) return principals;
  const of = (kind: LockKind): ReadonlySet<string> => new Set(inForce.filter((lock) => lock.kind === kind).map(({ target }) => target));
  const [persons, workloads, roles, sites] = [of("person"), of("workload"), of("role"), of("site")];
  return principals.map((principal) => {
    const isOut = persons.has(principal.person) || (principal.workload !== null && workloads.has(principal.workload));
    return {
      ...principal,
      status: isOut ? "suspended" : principal.status,
      assignments: roles.size === 0 ? principal.assignments : principal.assignments.filter(({ role }) => !roles.has(role)),
      ...(sites.size > 0 && { stoppedAt: sites }),
    };
  });
}

/** The tokens that locks have stopped. */
export const lockedTokens = (locks: readonly Lock[], nowMs: number): readonly string[] =>
  locks.filter((lock) => lock.kind === "token" && isLocking(lock, nowMs)).map(({ target }) => target);

/** When the first of these locks ends by itself; null where none will. */
export function firstEnd(locks: readonly Lock[], nowMs: number): number | null {
  const ends = locks.flatMap(({ untilMs }) => (untilMs !== null && untilMs > nowMs ? [untilMs] : []));
  return ends.length === 0 ? null : Math.min(...ends);
}
