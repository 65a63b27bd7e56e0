import type { OutputOf } from "../api/procedures.ts";

export type NeedOf = OutputOf<"overview.get">["needs"][number];

const urgency: Record<NeedOf["kind"], number> = {
  broken: 0,
  locked: 1,
  anchors: 1,
  alerts: 2,
  emergency: 2,
  lock: 3,
  emergency_review: 4,
  outbox: 4,
  approval: 5,
  access_review: 6,
  trail_review: 6,
  packet: 7,
  few_administrators: 8,
  one_authenticator: 9,
};

/** What needs the reader, most urgent first; a link that leads anywhere but to a page of ours is no link. */
export const inUrgency = (needs: readonly NeedOf[]): readonly NeedOf[] =>
  needs.toSorted((a, b) => urgency[a.kind] - urgency[b.kind]).filter(({ href }) => /^\/(?![/\\])[!-~]*$/.test(href));
