import type { Person } from "./person-text.ts";

export type Held = Person["assignments"][number];

export type HeldState = "now" | "later" | "over";

/** Whether an assignment holds at a time, is still to begin, or has ended. */
export function heldState({ from, until }: Pick<Held, "from" | "until">, nowMs: number): HeldState {
  if (until !== null && Date.parse(until) <= nowMs) return "over";
  return Date.parse(from) > nowMs ? "later" : "now";
}

const ORDER: Readonly<Record<HeldState, number>> = { now: 0, later: 1, over: 2 };

/** Assignments with how they stand: what is held now, then what is to come, then what is over, the newest first. */
export const heldInOrder = (assignments: readonly Held[], nowMs: number): readonly { readonly held: Held; readonly state: HeldState }[] =>
  assignments
    .map((held) => ({ held, state: heldState(held, nowMs) }))
    .toSorted((a, b) => ORDER[a.state] - ORDER[b.state] || a.held.role.localeCompare(b.held.role, "en") || b.held.from.localeCompare(a.held.from, "en"));

/** Whether an assignment reaches a site: held there, over its study, or everywhere. */
export const reaches = ({ study, site }: Pick<Held, "study" | "site">, at: { readonly study: string; readonly site: string }): boolean =>
  (study === "*" || study === at.study) && (site === "*" || site === at.site);

/** What names one assignment of a principal. */
export const heldKey = ({ role, study, site, from }: Held): string => `${role} ${study}/${site} ${from}`;
