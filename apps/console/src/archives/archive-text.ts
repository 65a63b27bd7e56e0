import type { OutputOf } from "../api/procedures.ts";
import { momentText } from "../components/moment-text.ts";
import type { BadgeTone } from "../components/states.tsx";

export type ClosedGeneration = OutputOf<"archives.list">["generations"][number];
type State = ClosedGeneration["state"];

/** How a closed generation stands, in a word. */
export const STATE_WORDS: Readonly<Record<State, string>> = {
  early: "too young",
  waiting: "waits",
  stopped: "under an incident",
  possible: "may be archived",
  archived: "being removed",
  removed: "archived",
};

export const STATE_TONES: Readonly<Record<State, BadgeTone>> = {
  early: "neutral",
  waiting: "neutral",
  stopped: "shut",
  possible: "caution",
  archived: "caution",
  removed: "stands",
};

/** What follows from it. */
export function stateText({ state, possibleFrom, bundles }: ClosedGeneration): string {
  switch (state) {
    case "early":
      return `Its records stay at hand until ${momentText(possibleFrom)}; then it may be archived.`;
    case "waiting":
      return "A generation before it isn't archived yet: they go in their order.";
    case "stopped":
      return "Its chain is under an incident. Nothing of it is removed before two people have ended that.";
    case "possible":
      return bundles.length === 0
        ? `It may be archived since ${momentText(possibleFrom)}. Write it as a bundle first: the command below does that, verifies it, and says so here.`
        : "A bundle of it was written and verified: its removal can be asked for.";
    case "archived":
      return "Two people had it archived. Its records are leaving the database, all at once; should that be cut off, it is done anew within minutes.";
    case "removed":
      return "Its records are in its archive alone. The chain goes on from its head, and the custodian remembers its size, root and head.";
  }
}

export const generationKey = ({ chain, generation }: Pick<ClosedGeneration, "chain" | "generation">): string => `${chain} ${generation}`;

/** How to write it as a bundle, and how to check that bundle with what is left. */
export const writeCommand = ({ chain, generation }: Pick<ClosedGeneration, "chain" | "generation">): string =>
  `sallyport --as auditor archive --chain ${chain} --generation ${generation} --out ARCHIVE`;
export const CHECK_COMMAND = "sallyport verify ARCHIVE REST --key FINGERPRINT";
