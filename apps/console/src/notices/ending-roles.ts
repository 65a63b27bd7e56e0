import type { OutputOf } from "../api/procedures.ts";

export type Held = OutputOf<"me.overview">["assignments"][number];

export const WEEK_MS = 7 * 86_400_000;

/** Whether a time is after the one and not after the other. */
export const isWithin = (at: string, fromMs: number, toMs: number): boolean => Date.parse(at) > fromMs && Date.parse(at) <= toMs;

/** The roles of a person that end within a week. */
export const endingRoles = (assignments: readonly Held[], nowMs: number): readonly Held[] =>
  assignments.filter(({ until }) => until !== null && isWithin(until, nowMs, nowMs + WEEK_MS));
