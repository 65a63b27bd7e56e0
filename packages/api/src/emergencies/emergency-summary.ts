import type { EmergencySummary } from "@sallyport/contracts";
import type { EmergencyRow } from "@sallyport/policy";
import type { z } from "zod";
import type { ApiDeps } from "../ports.ts";

const iso = (ms: number): string => new Date(ms).toISOString();

/** What a crossing that began before the end may still take to be on record. */
const SETTLING_MS = 2000;

/** When an emergency ended, or will. */
export const endOf = ({ untilMs, ended }: Pick<EmergencyRow, "untilMs" | "ended">): number => Math.min(untilMs, ended?.atMs ?? untilMs);

export const isOpen = (row: EmergencyRow, nowMs: number): boolean => row.review === null && nowMs < endOf(row);

/** Why somebody can't review an emergency now: their own, one that goes on or has just ended, or one that is reviewed; null where they can. */
export function whyNotReview(row: EmergencyRow, person: string, nowMs: number): "own" | "open" | "reviewed" | "settling" | null {
  if (row.review !== null) return "reviewed";
  if (row.person === person) return "own";
  if (isOpen(row, nowMs)) return "open";
  return nowMs < endOf(row) + SETTLING_MS ? "settling" : null;
}

/** Printed names of people, by id. */
export async function printedNames<Tx>(deps: Pick<ApiDeps<Tx>, "people" | "now">): Promise<(person: string) => string> {
  const names = new Map((await deps.people.people.list(deps.now())).map(({ id, printedName }) => [id, printedName]));
  return (person) => names.get(person) ?? person;
}

/** An emergency without any value. */
export function emergencySummary(row: EmergencyRow, nameOf: (person: string) => string, nowMs: number): z.input<typeof EmergencySummary> {
  const { id, subject, study, site, person, fromMs, untilMs, ended, review } = row;
  return {
    emergencyId: id,
    subjectId: subject,
    study,
    site,
    cause: row.cause as z.input<typeof EmergencySummary>["cause"],
    openedBy: { personId: person, printedName: nameOf(person) },
    openedAt: iso(fromMs),
    until: iso(untilMs),
    ended: ended === null ? null : { at: iso(ended.atMs), how: ended.how },
    isOpen: isOpen(row, nowMs),
    review: review === null ? null : { by: nameOf(review.by), at: iso(review.atMs), verdict: review.verdict },
  };
}
