import type { OutputOf } from "../api/procedures.ts";

export type Ring = OutputOf<"keys.rings">["rings"][number];
export type Certificate = OutputOf<"keys.rings">["certificates"][number];
export type Rewrap = OutputOf<"keys.rings">["rewraps"][number];
export type Step = Ring["steps"][number]["step"];

export const RING_TEXT: Readonly<Record<Ring["ring"], string>> = {
  token: "Tokens",
  kek: "Data keys",
  ca: "Certificates",
  audit: "Audit records",
  sign: "Checkpoints",
  database: "Database",
};
export const RING_ABOUT: Readonly<Record<Ring["ring"], string>> = {
  token: "signs access tokens",
  kek: "wraps data keys",
  ca: "issues certificates",
  audit: "seals records",
  sign: "signs checkpoints, policies, approvals and exports",
  database: "passwords of the api and the custodian",
};
export const STEP_TEXT: Readonly<Record<Step, string>> = {
  add: "Make the next key",
  activate: "Put the next key in use",
  drop: "Take the next key back",
  revert: "Turn back to the key before",
  retire: "Retire the key before",
  reopen: "Open the retired key again",
};
/** What is so once a step was taken. */
export const STEP_EFFECT: Readonly<Record<Step, string>> = {
  add: "There is a next key, which nothing is made with yet. It can be taken back.",
  activate: "What is made from now on is made with the next key. What was made with the one before stays good through its overlap. It can be turned back.",
  drop: "The next key is gone. Nothing was made with it.",
  revert: "What is made from now on is made with the key before, again. The other one goes through an overlap of its own.",
  retire: "The key before is accepted no more.",
  reopen: "The retired key opens again, and what is under it is wrapped anew.",
};

const n = (count: number): string => count.toLocaleString("en-GB");
const time = (at: string): string => `${at.slice(0, 10)} ${at.slice(11, 16)} UTC`;

/** Why a step waits, in words. */
export function blockerText(ring: Ring["ring"], { kind, until, count }: Ring["steps"][number]["blockers"][number]): string {
  switch (kind) {
    case "early":
      return until === null ? "not yet" : `not before ${time(until)}`;
    case "late":
      return "too late: make a new key instead";
    case "unheld":
      if (ring === "ca") return `waits for ${n(count ?? 0)} ${count === 1 ? "workload" : "workloads"} to trust it`;
      return count === null ? "waits until it is known which nodes run" : `waits for ${n(count)} ${count === 1 ? "node" : "nodes"} to hold it`;
    case "in_use":
      if (ring === "ca") return `${n(count ?? 0)} ${count === 1 ? "workload has its certificate" : "workloads have their certificates"} of it`;
      if (ring === "audit")
        return count === null ? "the chains that go on with it couldn't be counted" : `${n(count)} ${count === 1 ? "chain goes" : "chains go"} on with it still`;
      return count === null ? "the data keys under it couldn't be counted" : `${n(count)} data ${count === 1 ? "key is" : "keys are"} still under it`;
    case "approval":
      return "asked for below; an administrator approves it with a passkey";
  }
}

/** What is overdue of a ring, in a few words; null where nothing is. */
export function dueText({ due: [first] }: Pick<Ring, "due">): string | null {
  if (first === undefined) return null;
  switch (first.kind) {
    case "age":
      return "overdue by age";
    case "use":
      return "overdue by use";
    case "retire":
      return "waits to be retired";
    case "activate":
      return "waits to be used";
  }
}

/** Whether data keys are still under a key that is on its way out: then they are being wrapped anew, or are about to be. */
export const isRewrapping = (rings: readonly Pick<Ring, "ring" | "keys">[]): boolean =>
  rings.some(({ ring, keys }) => ring === "kek" && keys.some(({ state, dataKeys }) => state === "retiring" && dataKeys !== 0));

/** How much of a re-wrap is done, in percent; null where what is left isn't known. */
export const rewrapShare = ({ moved, left }: Pick<Rewrap, "moved" | "left">): number | null =>
  left === null ? null : left === 0 ? 100 : Math.floor((moved / (moved + left)) * 100);

export interface Span {
  readonly keyId: string;
  readonly look: Ring["keys"][number]["state"] | "overdue";
  readonly fromMs: number;
  readonly untilMs: number;
}

/** What a ring's row of the timeline draws: a span for each key that is or was in use, up to `endMs`. */
export function spansOf({ keys, dueAt }: Pick<Ring, "keys" | "dueAt">, nowMs: number, endMs: number): readonly Span[] {
  const shown = keys.filter(({ state }) => state !== "destroyed");
  return shown.flatMap(({ keyId, state, from, until }, at): Span[] => {
    const fromMs = Date.parse(from);
    const nextMs = Date.parse(shown[at + 1]?.from ?? from);
    if (state !== "active") return [{ keyId, look: state, fromMs, untilMs: until === null ? (state === "next" ? endMs : nextMs) : Date.parse(until) }];
    const dueMs = dueAt === null ? endMs : Date.parse(dueAt);
    const isOver = dueMs < nowMs;
    return [
      { keyId, look: "active", fromMs, untilMs: isOver ? dueMs : Math.min(dueMs, endMs) },
      ...(isOver ? [{ keyId, look: "overdue" as const, fromMs: dueMs, untilMs: nowMs }] : []),
    ];
  });
}

/** An authority is in use for years; what lies further ahead than this is cut off, so that the others can be told apart. */
const AHEAD_MS = 400 * 86_400_000;

/** From when to when the timeline goes: all that it shows, and of what is to come at most {@link AHEAD_MS}. */
export function timelineOf(rings: readonly Pick<Ring, "keys" | "dueAt">[], nowMs: number): { readonly fromMs: number; readonly endMs: number } {
  const froms = rings.flatMap(({ keys }) => keys.filter(({ state }) => state !== "destroyed").map(({ from }) => Date.parse(from)));
  const ends = rings.flatMap(({ keys, dueAt }) => [dueAt, ...keys.map(({ until }) => until)].filter((at) => at !== null).map((at) => Date.parse(at)));
  const fromMs = Math.min(nowMs - 3_600_000, ...froms);
  return { fromMs, endMs: Math.min(Math.max(nowMs + (nowMs - fromMs) / 10, ...ends), nowMs + Math.max(AHEAD_MS, (nowMs - fromMs) / 10)) };
}

/** Who holds a retiring key still, of the rings where that is waited for. */
export const HOLDERS_TEXT: Readonly<Partial<Record<Ring["ring"], string>>> = {
  ca: "certificates still of it",
  audit: "chains that go on with it still",
  database: "still logged in by it",
};
