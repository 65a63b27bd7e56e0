import type { OutputOf } from "../api/procedures.ts";

export type Incident = OutputOf<"incidents.list">["incidents"][number];

const n = (count: number): string => count.toLocaleString("en-GB");

/** What each kind of break is, in a sentence. */
const KINDS: Readonly<Record<string, string>> = {
  altered: "What stands there is not what was sealed.",
  missing: "A record was taken out.",
  inserted: "Something stands there that was never sealed there.",
  reordered: "Records stand in another order than they were sealed in.",
  truncated: "Records are gone from the end, though they were signed.",
  "rolled back": "The database was put back to before what was signed.",
  forked: "Another record stands where one was signed.",
  foreign: "What stands there belongs to another chain or deployment.",
};
export const kindText = (kind: string): string => KINDS[kind] ?? "The chain is not what was sealed.";

/** What it stops until it is ended. */
export const STOPS: Readonly<Record<Incident["stops"], string>> = {
  site: "At this site: revealing, releasing packets, transfers, and opening emergencies. Everything else goes on.",
  administration: "Everything that gives somebody more: roles, assignments, studies, profiles, invitations, recovery, lifting locks. Locks, suspension and offboarding go on.",
  everything: "Everything but signing in, this page, approving its end, and reading, verifying and exporting the trail.",
};

/** Which records can't be vouched for by their chain. */
export const rangeText = ({ generation, from, to }: Pick<Incident, "generation" | "from" | "to">): string =>
  `${from === to ? `Record ${n(from)}` : `Records ${n(from)} to ${n(to)}`} of generation ${generation}`;

/** A position, with as much of its MAC as two people read to each other. */
export const positionText = (at: Incident["signed"]): string =>
  at === null ? "–" : at.seq === 0 ? "nothing" : `generation ${at.generation}, record ${n(at.seq)}, ${at.mac.slice(0, 16)}…`;
