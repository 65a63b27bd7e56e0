import type { OutputOf } from "../api/procedures.ts";
import type { Hop } from "./zone-layout.ts";

export type Flow = NonNullable<OutputOf<"overview.get">["flows"]>[number];

/** How long a mark takes from zone to zone. */
export const TRAVEL_SECONDS = 3;
const SLOTS = 6;
/** Spread over the way however many are taken, and a slot keeps its place when others are added. */
const SPREAD: readonly number[] = [0, 3, 1, 4, 2, 5];

/** A mark that moves along a hop; `delaySeconds` is how far it is ahead. */
export interface Mark {
  readonly key: string;
  readonly isDenied: boolean;
  readonly delaySeconds: number;
}

/** The trail tells of what the application zone decided, and of where it went from there; a browser's way to the console is neither. */
const isTold = ({ from, to }: Pick<Hop, "from" | "to">): boolean => from === "application" || to === "application";

/** What went over a hop in the last minute. Of a hop that nobody tells of there are no numbers, which isn't zero. */
export const flowOf = (flows: readonly Flow[] | null, hop: Pick<Hop, "from" | "to">): Flow | null =>
  flows === null || !isTold(hop) ? null : (flows.find(({ from, to }) => from === hop.from && to === hop.to) ?? { from: hop.from, to: hop.to, allowed: 0, denied: 0 });

/** So many marks that they pass at the pace of the last minute, and no more than can be told apart; at least one for anything at all. */
function slotsFor(perMinute: number, most: number): number {
  return perMinute === 0 ? 0 : Math.min(most, Math.max(1, Math.ceil((perMinute * TRAVEL_SECONDS) / 60)));
}

/** The marks of a hop. They are a picture of the last minute's numbers, so the same numbers give the same marks. */
export function marksOf(flow: Flow | null): readonly Mark[] {
  if (flow === null) return [];
  const marks = (isDenied: boolean, count: number, offset: number): Mark[] =>
    SPREAD.slice(0, count).map((slot) => ({ key: `${isDenied ? "deny" : "allow"}-${slot}`, isDenied, delaySeconds: -(((slot + offset) * TRAVEL_SECONDS) / SLOTS) }));
  return [...marks(false, slotsFor(flow.allowed, SLOTS), 0), ...marks(true, slotsFor(flow.denied, 3), 0.5)];
}
