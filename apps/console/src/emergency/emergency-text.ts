import type { InputOf, OutputOf } from "../api/procedures.ts";

export type Emergency = NonNullable<OutputOf<"emergencies.mine">["last"]>;
export type Cause = InputOf<"emergencies.open">["cause"];

export const CAUSE_TEXT: Readonly<Record<Cause, string>> = {
  adverse_event: "An adverse event",
  treatment_needed: "Treatment is needed now",
  subject_unreachable: "The subject can't be reached",
  safety_report: "A safety report that is due",
  other: "Something else",
};

const MINUTE_MS = 60_000;

/** What is left of an emergency, in words. */
export function timeLeft(until: string, nowMs: number): string {
  const minutes = Math.max(0, Math.ceil((Date.parse(until) - nowMs) / MINUTE_MS));
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  return hours === 0 ? `${minutes} min` : `${hours} h ${rest} min`;
}
