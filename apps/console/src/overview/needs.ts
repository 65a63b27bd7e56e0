import type { OutputOf } from "../api/procedures.ts";

export type NeedOf = OutputOf<"overview.get">["needs"][number];

const urgency: Record<NeedOf["kind"], number> = { broken: 0, locked: 1, approval: 2, packet: 3, few_administrators: 4, one_authenticator: 5 };

/** What needs the reader, most urgent first; a link that leads anywhere but to a page of ours is no link. */
export const inUrgency = (needs: readonly NeedOf[]): readonly NeedOf[] =>
  needs.toSorted((a, b) => urgency[a.kind] - urgency[b.kind]).filter(({ href }) => /^\/(?![/\\])[!-~]*$/.test(href));
