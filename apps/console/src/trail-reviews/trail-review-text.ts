import type { OutputOf } from "../api/procedures.ts";
import { writeFilter } from "../crossings/filter-query.ts";
import { writeRef } from "../crossings/record-ref.ts";
import { placeText } from "../people/place-text.ts";

export type TrailReview = OutputOf<"trailReviews.list">["reviews"][number];
export type TrailItem = OutputOf<"trailReviews.get">["items"][number];
export type Risk = TrailReview["risks"][number];

/** Each risk in the order of its weight, in a word and in a sentence. */
export const RISK_TEXT: Readonly<Record<Risk, { readonly name: string; readonly rule: string }>> = {
  privilege: { name: "Changed rights", rule: "Roles, assignments, people, services, profiles, keys and locks that were changed, or whose change was asked for or agreed to." },
  reveal_hours: { name: "Reveals out of hours", rule: "Fields that were revealed outside the working hours below." },
  denied_burst: { name: "Bursts of denials", rule: "At least five denials of one account within ten minutes. They stand in the system chain: choose everywhere." },
  emergency: { name: "Emergencies", rule: "Access in an emergency, and everything that was done under it." },
  reason_other: { name: "Reason “other”", rule: "“Other” chosen where a list of purposes or causes was offered." },
};
export const RISKS = Object.keys(RISK_TEXT) as readonly Risk[];

const day = (iso: string): string => `${iso.slice(0, 10)} ${iso.slice(11, 16)}`;
const two = (hour: number): string => `${String(hour).padStart(2, "0")}:00`;

/** What it looked at, and when that was; the trail speaks UTC. */
export const scopeText = ({ scope, from, until }: Pick<TrailReview, "scope" | "from" | "until">): string =>
  `${scope.study === "*" ? "Everywhere" : placeText(scope).replace(/^all/, "All")}, ${day(from)} to ${day(until)} UTC`;

export const hoursText = ({ from, until }: TrailReview["workingHours"]): string =>
  from === until ? "Monday to Friday, the whole day" : `Monday to Friday, ${two(from)} to ${two(until)} UTC`;

export const progressText = ({ decided, items, findings }: Pick<TrailReview, "decided" | "items" | "findings">): string => {
  if (items === 0) return "nothing found";
  const found = findings === 0 ? "" : `, ${findings.toLocaleString("en-GB")} ${findings === 1 ? "finding" : "findings"}`;
  return `${decided.toLocaleString("en-GB")} of ${items.toLocaleString("en-GB")} decided${found}`;
};

/** Where to look an item up: its record, or all the denials of a burst. */
export function crossingHref({ crossing, burst }: Pick<TrailItem, "crossing" | "burst">): string {
  if (burst === null) return `/crossings?record=${encodeURIComponent(writeRef(crossing))}`;
  const until = new Date(Date.parse(burst.until) + 1).toISOString();
  return `/crossings?${writeFilter({ principal: crossing.principal, outcome: ["deny"], from: crossing.at, until }).toString()}`;
}

/** Which items a list shows. */
export interface ItemFilter {
  readonly show: "all" | "open" | "findings";
  readonly risk: Risk | "any";
}

export const itemsShown = (items: readonly TrailItem[], { show, risk }: ItemFilter): readonly TrailItem[] =>
  items.filter((item) => (risk === "any" || item.risks.includes(risk)) && (show === "all" || (show === "open" ? item.verdict === null : item.verdict?.kind === "finding")));
