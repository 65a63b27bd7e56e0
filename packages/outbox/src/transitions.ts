import type { Asked, Outcome, OutboxItem, Said } from "./item.ts";
import { isSettled } from "./item.ts";

const SECOND_MS = 1000;
/** How long after each attempt that surely brought nothing the next one comes; after the last it waits until somebody wants it. */
const AGAIN_SECONDS = [2, 10, 30, 120, 600, 1800, 3600, 3600, 7200, 14_400, 14_400] as const;
/** How long after each vain question the next one comes; the last one is repeated. Asking sends nothing. */
const ASK_SECONDS = [2, 10, 60, 300, 1800, 3600] as const;
/** How long an attempt may take until its first byte: connecting, signing in, the portal's leave to go on. */
const CLAIM_MS = 90 * SECOND_MS;
/** And from there: five minutes, and a second for each 256 KiB. */
const SEND_MS = 300 * SECOND_MS;
const BYTES_PER_SECOND = 262_144;

/** How long an attempt may send so many bytes. A transport gives up before. */
export const sendingMs = (length: number): number => SEND_MS + Math.ceil(length / BYTES_PER_SECOND) * SECOND_MS;

/** What happened, and what is to be told: a portal that disagrees with us is told at once. */
export interface Transition {
  readonly item: OutboxItem;
  readonly isDisagreement: boolean;
}

const to = (item: OutboxItem): Transition => ({ item, isDisagreement: false });
const IDLE = { phase: "idle", leaseUntilMs: null } as const;

/** Takes an item up for an attempt on a route; null where it isn't to be sent now. Nothing of it has arrived anywhere: only then is it `sealed`. */
export function claim(item: OutboxItem, route: string, nowMs: number): OutboxItem | null {
  if (item.state !== "sealed" || item.phase !== "idle" || item.nextAtMs === null || item.nextAtMs > nowMs) return null;
  return { ...item, phase: "claimed", attempt: item.attempt + 1, route, leaseUntilMs: nowMs + CLAIM_MS };
}

/** Says that bytes go out from now on; null for an attempt that isn't the one under way, or whose time is over. */
export function begin(item: OutboxItem, { attempt, length }: { readonly attempt: number; readonly length: number }, nowMs: number): OutboxItem | null {
  if (item.phase !== "claimed" || item.attempt !== attempt || !isLeased(item, nowMs)) return null;
  return { ...item, phase: "sending", leaseUntilMs: nowMs + sendingMs(length) };
}

/** Says how the attempt under way ended; null for any other, or one whose time is over: what became of that is for the portal to say. */
export function settle(item: OutboxItem, { attempt, outcome }: { readonly attempt: number; readonly outcome: Outcome }, nowMs: number): Transition | null {
  if (item.phase === "idle" || item.attempt !== attempt || !isLeased(item, nowMs)) return null;
  const ended = { ...item, ...IDLE };
  switch (outcome.kind) {
    case "unsent":
      // Once bytes may have gone out, only the portal knows that nothing came of them.
      return to(item.phase === "sending" ? doubted(ended, nowMs) : unsent(ended, nowMs));
    case "in-doubt":
      return to(doubted(ended, nowMs));
    case "sent":
      return to(item.phase === "sending" ? await_(ended, nowMs) : doubted(ended, nowMs));
    case "received":
    case "rejected":
    case "not-received":
    case "pending":
    case "disagrees":
      return said(ended, outcome, nowMs);
  }
}

/** Ends an attempt whose time is over: given back unsent where no byte had gone out, otherwise in doubt. Null where its time isn't over. */
export function expire(item: OutboxItem, nowMs: number): OutboxItem | null {
  if (item.phase === "idle" || isLeased(item, nowMs)) return null;
  const ended = { ...item, ...IDLE };
  return item.phase === "sending" ? doubted(ended, nowMs) : unsent(ended, nowMs);
}

/** Whether a portal is to be asked now: by itself while it owes an answer, or because somebody wants it. */
export const isAskedNow = ({ state, nextAtMs }: OutboxItem, nowMs: number): boolean => state !== "sealed" && nextAtMs !== null && nextAtMs <= nowMs;

/** Takes up a question: nobody else asks meanwhile. Null where it isn't to be asked now. */
export const ask = (item: OutboxItem, nowMs: number): OutboxItem | null => (isAskedNow(item, nowMs) ? { ...item, nextAtMs: nowMs + CLAIM_MS } : null);

/** What a portal answered about an attempt; null for an attempt that isn't the last, or while one is under way: an item stays `sealed` until that has ended. */
export function answered(item: OutboxItem, { attempt, answer }: { readonly attempt: number; readonly answer: Asked }, nowMs: number): Transition | null {
  if (item.state === "sealed" || item.attempt !== attempt) return null;
  if (answer.kind !== "unknown") return said(item, answer, nowMs);
  if (isSettled(item)) return to({ ...item, nextAtMs: null });
  return to(later(item, nowMs));
}

/** Two people have decided that an item in doubt is sent again: under its key, so that a portal which has it knows it. Null for any other. */
export function resend(item: OutboxItem, nowMs: number): OutboxItem | null {
  return item.state === "in-doubt" ? afresh(item, nowMs) : null;
}

/** Somebody wants what is next at once: a sealed item's attempt, with a fresh number of tries, or a portal's answer. Null while an attempt is under way. */
export function hasten(item: OutboxItem, nowMs: number): OutboxItem | null {
  if (item.phase !== "idle") return null;
  return item.state === "sealed" ? afresh(item, nowMs) : { ...item, nextAtMs: nowMs };
}

const isLeased = ({ leaseUntilMs }: OutboxItem, nowMs: number): boolean => leaseUntilMs !== null && nowMs < leaseUntilMs;

const afresh = (item: OutboxItem, nowMs: number): OutboxItem => ({ ...item, ...IDLE, state: "sealed", failed: {}, asked: 0, nextAtMs: nowMs });

/** Surely nothing arrived: it stays sealed, and is tried again later, for so many times. */
function unsent(item: OutboxItem, nowMs: number): OutboxItem {
  const route = item.route ?? "";
  const failed = { ...item.failed, [route]: (item.failed[route] ?? 0) + 1 };
  const again = AGAIN_SECONDS[Object.values(failed).reduce((sum, times) => sum + times, 0) - 1];
  return { ...item, state: "sealed", failed, asked: 0, nextAtMs: again === undefined ? null : nowMs + again * SECOND_MS };
}

const doubted = (item: OutboxItem, nowMs: number): OutboxItem => ({ ...item, state: "in-doubt", asked: 0, nextAtMs: nowMs + ASK_SECONDS[0] * SECOND_MS });
const await_ = (item: OutboxItem, nowMs: number): OutboxItem => ({ ...item, state: "sent", asked: 0, nextAtMs: nowMs + ASK_SECONDS[0] * SECOND_MS });
const settled = (item: OutboxItem, state: "acknowledged" | "rejected"): OutboxItem => ({ ...item, state, nextAtMs: null });

/** Asked in vain: it stays as it is, and is asked again. */
function later(item: OutboxItem, nowMs: number): OutboxItem {
  const asked = item.asked + 1;
  return { ...item, asked, nextAtMs: nowMs + (ASK_SECONDS[Math.min(asked, ASK_SECONDS.length - 1)] ?? 0) * SECOND_MS };
}

/** What a portal's word makes of an item. What was settled stays so; a word against it is a disagreement. */
function said(item: OutboxItem, { kind }: Said, nowMs: number): Transition {
  if (isSettled(item)) {
    const isSame = kind === (item.state === "acknowledged" ? "received" : "rejected");
    return { item: { ...item, nextAtMs: null }, isDisagreement: !isSame };
  }
  switch (kind) {
    case "received":
      return to(settled(item, "acknowledged"));
    case "rejected":
      return to(settled(item, "rejected"));
    case "pending":
      return to(item.state === "sent" ? later(item, nowMs) : await_(item, nowMs));
    case "not-received":
      // A portal that had it doesn't un-have it.
      return item.state === "sent" ? { item: doubted(item, nowMs), isDisagreement: true } : to(unsent(item, nowMs));
    case "disagrees":
      return { item: item.state === "in-doubt" ? later(item, nowMs) : doubted(item, nowMs), isDisagreement: true };
  }
}
