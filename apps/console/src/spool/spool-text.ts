import { catalog, isErrorCode } from "@sallyport/errors";
import type { OutputOf } from "../api/procedures.ts";
import type { BadgeTone } from "../components/states.tsx";

export type Spool = OutputOf<"spool.list">;
export type Spooled = Spool["items"][number];

/** What is said of the spool of the node that answers. */
export const NODE_TEXT: Readonly<Record<Spool["node"]["state"], { readonly tone: BadgeTone; readonly text: string; readonly about: string }>> = {
  off: { tone: "neutral", text: "not set up", about: "Nothing can be handed over to this node: what it can't serve is refused." },
  closed: { tone: "shut", text: "closed", about: "It couldn't be opened when the node started, so nothing is kept. The node's log says why." },
  open: { tone: "stands", text: "open", about: "What services bring in while the database, the trail or the custodian is away is sealed and kept, where they ask for it." },
  full: { tone: "shut", text: "full", about: "It takes nothing more, and services are refused, until what waits is replayed." },
  broken: { tone: "shut", text: "broken", about: "The disk didn't take a write: nothing more is kept until the node was started again. What was acknowledged is there." },
};

/** How one request stands. */
export const STATE_TEXT: Readonly<Record<Spooled["state"], { readonly tone: BadgeTone; readonly text: string }>> = {
  waiting: { tone: "caution", text: "waits" },
  replayed: { tone: "stands", text: "replayed" },
  refused: { tone: "shut", text: "refused" },
  discarded: { tone: "neutral", text: "discarded" },
};

/** What was brought in, in the words of the pages that show it. */
export const PROCEDURE_TEXT: Readonly<Record<string, string>> = {
  "packets.begin": "Begin an upload",
  "packets.upload": "Upload a packet",
  "packets.complete": "Complete an upload",
};

const REASONS: Readonly<Record<string, string>> = {
  expired: "It was over a day old.",
  altered: "Its file was altered.",
  gone: "Its file was gone.",
  "workload.revoked": "Its certificate wasn't in force any more.",
  "token.revoked": "The service, or the token that it bore, was stopped.",
  "policy.denied": "The service's roles don't allow it any more.",
};

/** In this page's own words, or else in those of the catalogue. */
const reasonText = (reason: string): string => REASONS[reason] ?? (isErrorCode(reason) ? catalog[reason].message : reason);

/** What is to be said of how it ended, for people: why it was refused, or where what was sealed of a discarded one is; null where there is nothing. */
export function endText({ state, reason, removedAt }: Pick<Spooled, "state" | "reason" | "removedAt">): string | null {
  if (state === "discarded") return removedAt === null ? "Its node hasn't removed its content yet." : "Its content is removed, unopened.";
  return reason === null ? null : reasonText(reason);
}

/** So many at most are asked to be discarded in one request. */
const AT_ONCE = 200;

/** Those that wait, in the list's order, which is the oldest first; as many as one request may name. */
export const discardable = (items: readonly Spooled[]): readonly Spooled[] => items.filter(({ state }) => state === "waiting").slice(0, AT_ONCE);

/** What the button says that asks for these to be discarded. */
export function discardText(waiting: readonly Spooled[]): string {
  if (waiting.length === 1) return "Discard it";
  return waiting.length < AT_ONCE ? `Discard all ${waiting.length}` : `Discard the oldest ${AT_ONCE}`;
}

/** How many wait for each service. */
export function waitingByService(items: readonly Spooled[]): readonly { readonly principal: string; readonly count: number; readonly bytes: number }[] {
  const services = [...new Set(items.map(({ principal }) => principal))].toSorted();
  return services.map((principal) => {
    const own = items.filter((each) => each.principal === principal);
    return { principal, count: own.length, bytes: own.reduce((sum, each) => sum + each.bytes, 0) };
  });
}
