import { catalog, isErrorCode } from "@sallyport/errors";
import type { CrossingRow, TrailRisk } from "@sallyport/policy";

/** A record as the rules look at it: its columns, and its detail taken apart. */
export interface RiskRecord extends Pick<CrossingRow, "chain" | "generation" | "seq" | "atMs" | "principal" | "action" | "decision" | "reason" | "requestId"> {
  readonly detail: Readonly<Record<string, string>>;
}

/** Hours, UTC, of Monday to Friday; `until` before `from` is over midnight, and the same hour is the whole day. */
export interface WorkingHours {
  readonly from: number;
  readonly until: number;
}

/** Acts that change who may do what: policies and what they rest on, people, services, locks, and what a review of access ended. */
export const PRIVILEGE_ACTIONS = [
  "role.change",
  "profile.change",
  "assignment.change",
  "access.review",
  "person.invite",
  "person.suspend",
  "person.reinstate",
  "person.offboard",
  "authenticator.recover",
  "approval.decide",
  "approval.use",
  "workload.enrol",
  "workload.revoke",
  "lock.set",
  "lock.lift",
  "keys.rotate",
  "recipient.change",
  "route.change",
] as const;
/** By which masked fields are opened. */
export const REVEAL_ACTIONS = ["phi.read", "phi.bulk_reveal"] as const;
/** So many denials of one principal within so long are a burst. */
export const BURST_DENIALS = 5;
export const BURST_WITHIN_MS = 10 * 60_000;

const PRIVILEGED: ReadonlySet<string> = new Set(PRIVILEGE_ACTIONS);
/** They take effect by the system's own record, at their time. */
const TAKES_EFFECT: ReadonlySet<string> = new Set(["role.change", "profile.change"]);
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const isDone = ({ decision, reason }: RiskRecord): boolean => decision === "allow" && reason === "allowed";

/**
 * Whether a record is of a change of rights that was asked for, agreed to or made. Every change names the commitment to its reason, and no preview of one does;
 * a one-time link has none; of a review of access, only an ending is a change, and a bulk reveal that was agreed to changes no rights.
 */
export function isPrivilegeChange(record: RiskRecord): boolean {
  const { action, decision, detail } = record;
  if (!PRIVILEGED.has(action)) return false;
  if (decision === "note") return TAKES_EFFECT.has(action);
  if (!isDone(record)) return false;
  if (action === "access.review") return detail["outcome"] === "ended";
  if (action === "approval.decide" && detail["kind"] === "phi.bulk_reveal") return false;
  return action === "approval.use" || detail["commitment"] !== undefined;
}

/** Whether a crossing was denied to its caller: an input that isn't taken is on record as refused, too, and is none. */
export function isDenial({ decision, reason }: RiskRecord): boolean {
  const [code = ""] = reason.split(":");
  return decision === "deny" && (!isErrorCode(code) || catalog[code].outcome === "denied");
}

/** Whether fields were opened: one by one, or, of a bulk reveal, when it was used. */
const isReveal = (record: RiskRecord): boolean =>
  isDone(record) && (record.action === "phi.read" || (record.action === "phi.bulk_reveal" && record.detail["opened"] !== undefined));

/** Whether a time lies outside the working hours. A day that goes over midnight belongs to the day on which it began. */
export function isOutOfHours(atMs: number, { from, until }: WorkingHours): boolean {
  const sinceStart = atMs - from * HOUR_MS;
  const hours = (until - from + 24) % 24 || 24;
  const weekday = new Date(sinceStart).getUTCDay();
  return weekday === 0 || weekday === 6 || ((sinceStart % DAY_MS) + DAY_MS) % DAY_MS >= hours * HOUR_MS;
}

/** Whether a record is of access in an emergency: its opening and its end, and everything that was done under it. */
const isEmergency = (record: RiskRecord): boolean => isDone(record) && (record.action === "emergency.open" || record.detail["emergency"] !== undefined);

/** Whether "other" was chosen from a closed list: the purpose of a reveal, or the cause of an emergency. */
const isOther = (record: RiskRecord): boolean => isDone(record) && (record.detail["purpose"] === "other" || record.detail["cause"] === "other");

/** Each risk that one record by itself shows. */
export const RULES: Readonly<Record<Exclude<TrailRisk, "denied_burst">, (record: RiskRecord, hours: WorkingHours) => boolean>> = {
  privilege: isPrivilegeChange,
  reveal_hours: (record, hours) => isReveal(record) && isOutOfHours(record.atMs, hours),
  emergency: isEmergency,
  reason_other: isOther,
};

/** A burst, named by its first denial. */
export interface Burst<T> {
  readonly first: T;
  readonly denials: number;
  readonly lastMs: number;
}

/**
 * The bursts among denials: each {@link BURST_DENIALS} of one principal within {@link BURST_WITHIN_MS} are one, and those that share a denial are the same one.
 * Denials are taken in the order of `compare`; bursts are answered in that of their first ones.
 */
export function burstsOf<T extends RiskRecord>(denials: readonly T[], compare: (a: T, b: T) => number): readonly Burst<T>[] {
  const found: Burst<T>[] = [];
  const byPrincipal = new Map<string, T[]>();
  for (const denial of denials.toSorted(compare)) {
    const own = byPrincipal.get(denial.principal);
    if (own === undefined) byPrincipal.set(denial.principal, [denial]);
    else own.push(denial);
  }
  for (const ordered of byPrincipal.values()) {
    const dense = ordered.flatMap((_, start) => {
      const [first, last] = [ordered[start], ordered[start + BURST_DENIALS - 1]];
      return first !== undefined && last !== undefined && last.atMs - first.atMs <= BURST_WITHIN_MS ? [{ start, end: start + BURST_DENIALS }] : [];
    });
    const runs: { start: number; end: number }[] = [];
    for (const { start, end } of dense) {
      const run = runs.at(-1);
      if (run !== undefined && start < run.end) run.end = end;
      else runs.push({ start, end });
    }
    for (const { start, end } of runs) {
      const [first, last] = [ordered[start], ordered[end - 1]];
      if (first !== undefined && last !== undefined) found.push({ first, denials: end - start, lastMs: last.atMs });
    }
  }
  return found.toSorted((a, b) => compare(a.first, b.first));
}
