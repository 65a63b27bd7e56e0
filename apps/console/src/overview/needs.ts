import type { OutputOf } from "../api/procedures.ts";

export type NeedOf = OutputOf<"overview.get">["needs"][number];

const urgency: Record<NeedOf["kind"], number> = { broken: 0, locked: 1, lock: 2, approval: 3, packet: 4, few_administrators: 5, one_authenticator: 6 };

/** What needs the reader, most urgent first; a link that leads anywhere but to a page of ours is no link. */
export const inUrgency = (needs: readonly NeedOf[]): readonly NeedOf[] =>
  needs.toSorted((a, b) => urgency[a.kind] - urgency[b.kind]).filter(({ href }) => /^\/(?![/\\])[!-~]*$/.test(href));
