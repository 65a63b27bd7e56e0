import type { OutputOf } from "../api/procedures.ts";
import type { BadgeTone } from "../components/states.tsx";

export type Item = OutputOf<"outbox.list">["items"][number];
export type Route = OutputOf<"outbox.list">["routes"][number];

const STATE_TEXT: Readonly<Record<Item["state"], string>> = {
  sealed: "sealed",
  sent: "sent",
  acknowledged: "acknowledged",
  rejected: "rejected",
  "in-doubt": "in doubt",
};
const STATE_TONE: Readonly<Record<Item["state"], BadgeTone>> = { sealed: "neutral", sent: "neutral", acknowledged: "stands", rejected: "shut", "in-doubt": "caution" };

/** What an item's state says, for whoever opens it. */
const STATE_ABOUT: Readonly<Record<Item["state"], string>> = {
  sealed: "Surely nothing of it has arrived anywhere. It is sent by itself while a route is healthy.",
  sent: "The portal has every byte, and hasn't said yet what it makes of it. It is asked by itself.",
  acknowledged: "The portal's receipt is for these very bytes.",
  rejected: "The portal has it and won't take it. Its receipt says why, in a word.",
  "in-doubt":
    "Bytes of it may have arrived, and nobody knows. Its portal is asked by itself. It is sent again only if the portal's receipt says that nothing arrived, if an SFTP upload that never got its final name could be taken back, or if two people say so.",
};

/** Whether an item waits for somebody: it was tried in vain for as often as it is tried by itself. */
export const isWaiting = ({ state, phase, nextAt, isStopped }: Item): boolean => state === "sealed" && phase === "idle" && nextAt === null && !isStopped;

/** Whether nothing more comes of an item: it lies sealed, and its recipient has its key no more. */
const isOver = ({ state, isStopped }: Item): boolean => state === "sealed" && isStopped;

/** What is told of one that isn't sent because of its recipient. */
export const STOPPED_TEXT = "Its recipient was withdrawn, or has another key than it was sealed to, so it isn't sent any more. For a new key, prepare a packet anew.";

/** The same in a sentence. */
export const aboutText = (item: Item): string =>
  isOver(item)
    ? "Surely nothing of it has arrived anywhere."
    : isWaiting(item)
      ? "Surely nothing of it has arrived anywhere. It was tried in vain for as often as it is tried by itself: send it once its route is mended."
      : STATE_ABOUT[item.state];

export const toneOf = (item: Item): BadgeTone => (isWaiting(item) ? "caution" : isOver(item) ? "shut" : STATE_TONE[item.state]);

/** How much of what there is a list shows; `waiting` are among the sealed. */
export function shownText(shown: number, counts: Readonly<Record<string, number>>, waiting: number): string {
  const many = (count: number): string => count.toLocaleString("en-GB");
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const parts = (Object.keys(STATE_TEXT) as Item["state"][]).flatMap((state) => {
    const count = counts[state] ?? 0;
    return count === 0 ? [] : [`${many(count)} ${STATE_TEXT[state]}${state === "sealed" && waiting > 0 ? ` (${many(waiting)} waiting for somebody)` : ""}`];
  });
  return `${shown < total ? `${many(shown)} of ${many(total)} are shown, those in doubt first, then those that wait for somebody, then the newest: ` : ""}${parts.join(", ")}.`;
}

/** How often a page asks how things stand. */
export const EVERY_MS = 10_000;

/** What is under way or next, in a word. */
export function progressText(item: Item): string {
  if (item.phase === "sending") return "being sent";
  if (item.phase === "claimed") return "being taken up";
  if (isOver(item)) return "stopped";
  return isWaiting(item) ? "waits for somebody" : STATE_TEXT[item.state];
}

/** Where a route leads, without what nobody compares by eye. */
export const routeText = ({ settings }: Route): string => `${settings.kind}://${settings.host}:${settings.port}`;
export const rankText = (rank: number): string => (rank === 0 ? "primary" : `fallback ${rank}`);
