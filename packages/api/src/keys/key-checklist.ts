import type { KeyChecklistInput, KeyChecklistOutput } from "@sallyport/contracts";
import type { z } from "zod";
import type { RingState, RootState } from "./ring-ports.ts";

type Ring = z.output<typeof KeyChecklistInput>["ring"];
/** A step of a checklist as it stands, before what persons said of theirs. */
export type Step = Omit<z.input<typeof KeyChecklistOutput>["steps"][number], "said">;
type Key = RingState["keys"][number];
type Seen = { readonly isDone: boolean; readonly standing?: string | null };

const REHEARSED = person("rehearsed", "before", "Read the rehearsal: what it would break, and who is waited for.", "who is away, and what was agreed with them");
const COPIED = person("copied", "before", "Make a backup of the database and of the custodian's store as they are.", "where it is, and its digest");
const KEPT = person("kept", "after", "Back up the database and the custodian's store again: one from before lacks the new key.", "where it is, and its digest");

/** What stands for a turn of each ring that the custodian keeps, in order. A string names what the product sees. */
const TURNS: Readonly<Record<Exclude<Ring, "root">, readonly (SeenStep | Step)[]>> = {
  token: [REHEARSED, "made", "held", "used", "over", "retired", KEPT],
  kek: [REHEARSED, COPIED, "made", "used", "moved", "over", "retired", KEPT],
  audit: [
    REHEARSED,
    COPIED,
    "made",
    "used",
    "moved",
    "over",
    "retired",
    KEPT,
    person("escrowed", "after", "Write the audit keys into escrow again: sallyport custodian escrow --ring audit, with everything stopped.", "who has the file"),
  ],
  sign: [
    REHEARSED,
    COPIED,
    "made",
    person("told", "during", "Give each witness the next verifier key beside the one that it has, and tell those who compare fingerprints.", "which witnesses, and who was told"),
    "held",
    "used",
    "over",
    "retired",
    person("forgotten", "after", "Have each witness forget the key before.", "which witnesses"),
    KEPT,
  ],
  ca: [REHEARSED, "made", "held", "used", "moved", "over", "retired", "dropped", "destroyed", KEPT],
  database: ["made", "used", "moved", "retired"],
};
type SeenStep = "made" | "held" | "used" | "moved" | "over" | "retired" | "dropped" | "destroyed";

const PHASES: Readonly<Record<SeenStep, Step["phase"]>> = {
  made: "during",
  held: "during",
  used: "during",
  moved: "during",
  over: "during",
  retired: "during",
  dropped: "after",
  destroyed: "after",
};
const MOVED: Readonly<Partial<Record<Ring, string>>> = {
  kek: "Every data key is wrapped under it",
  audit: "Every chain goes on with it",
  ca: "Every workload has its certificate of it",
  database: "Nothing is logged in by the ones before",
};

/** The turns of a ring that there were, and the one that comes, the newest first. `underWay`: the one that is neither begun anew nor over. */
export function turnsOf({ ring, keys }: RingState): { readonly turns: readonly string[]; readonly underWay: string | null } {
  const next = keys.find(({ state }) => state === "next");
  const [retiring, active] = [keys.find(({ state }) => state === "retiring"), keys.find(({ state }) => state === "active")];
  const latest = keys.reduce((most, { id }) => Math.max(most, numberOf(id)), 0);
  const turned = keys.filter((key) => numberOf(key.id) > 1 && !isDropped(key)).map(({ id }) => id);
  const under = next ?? (retiring === undefined || active === undefined ? undefined : later(retiring, active));
  return { turns: [...(next === undefined ? [`${ring}-${latest + 1}`] : []), ...turned.toReversed()], underWay: under?.id ?? null };
}

/** The steps of one turn as the ring stands now. */
export function turnSteps(ring: RingState, turn: string, nowMs: number): readonly Step[] {
  return TURNS[ring.ring].map((step) => (typeof step === "string" ? seen(step, PHASES[step], textOf(step, ring.ring, turn), stands(step, ring, turn, nowMs)) : step));
}

/** Moves of the root key, counted from the first that this deployment's custodian was told to make. */
export const movesOf = ({ moves }: RootState): readonly string[] => Array.from({ length: moves + 1 }, (_, back) => `root-${moves + 2 - back}`);

/** The steps of one move of the root key: it is made offline, with everything stopped, and seen at the next start. */
export function moveSteps({ moves, movedAtMs, provider, isPresent }: RootState, turn: string): readonly Step[] {
  const isLast = numberOf(turn) === moves + 1;
  const isDone = numberOf(turn) <= moves + 1;
  const when = isLast && movedAtMs !== null ? `${minute(movedAtMs)}, to ${provider ?? "another"}` : null;
  return [
    person("prepared", "before", "Prepare the new place, and write its settings into a file.", "where the new key is, and who can reach it"),
    COPIED,
    person("stopped", "before", "Stop the product on this host.", "when"),
    seen("moved", "during", "Move the store: sallyport custodian move-root --to FILE.", { isDone, standing: when }),
    seen("opens", "after", "The product runs with the new settings, and the root key opens the store.", {
      isDone: isDone && (!isLast || isPresent),
      standing: isLast && !isPresent ? "the root key is away" : null,
    }),
    person("kept", "after", "Run doctor, and make a new backup.", "where it is, its digest, and what doctor said"),
    person("stowed", "after", "Put the old key where the backups from before are, and take it off this host.", "where it is, and until when"),
  ];
}

function textOf(step: SeenStep, ring: Exclude<Ring, "root">, turn: string): string {
  switch (step) {
    case "made":
      return `Make the next key, ${turn}.`;
    case "held":
      return ring === "ca" ? "Every workload trusts it." : "Every running node holds it.";
    case "used":
      return ring === "audit" || ring === "sign" ? "Put it in use, which an administrator approves with a passkey." : "Put it in use.";
    case "moved":
      return `${MOVED[ring] ?? "Nothing is under the key before"}.`;
    case "over":
      return "The overlap with the key before is over.";
    case "retired":
      return "Retire the key before.";
    case "dropped":
      return "Nobody trusts the authority before any more.";
    case "destroyed":
      return "Have the secret of the authority before destroyed, by two people.";
  }
}

/** Whether a step is done, from the ring as it stands; what was never made is none. */
function stands(step: SeenStep, ring: RingState, turn: string, nowMs: number): Seen {
  const key = ring.keys.find(({ id }) => id === turn);
  if (key === undefined) return { isDone: false };
  if (isDropped(key)) return { isDone: step === "made", standing: step === "made" ? "it was taken back" : null };
  const active = ring.keys.find(({ state }) => state === "active");
  const isUsed = active !== undefined && numberOf(active.id) >= numberOf(turn);
  const before = ring.keys.findLast((each) => numberOf(each.id) < numberOf(turn) && (each.state === "active" || each.untilS !== null));
  const isRetired = before?.state === "retired" || before?.state === "destroyed";
  switch (step) {
    case "made":
      return { isDone: true };
    case "held":
      return key.state !== "next" ? { isDone: true } : { isDone: key.lacking?.length === 0, standing: namesOf("not yet", key.lacking) };
    case "used":
      return { isDone: isUsed, standing: !isUsed && key.state !== "next" ? `it was turned back to ${active?.id ?? "the key before"}` : null };
    case "moved":
      return isRetired ? { isDone: isUsed } : leftOn(ring.ring, isUsed ? before : undefined);
    case "over": {
      const untilS = before?.untilS ?? null;
      const isOver = isUsed && (isRetired || (untilS !== null && nowMs >= untilS * 1000));
      return { isDone: isOver, standing: isUsed && !isOver && untilS !== null ? `until ${minute(untilS * 1000)}` : null };
    }
    case "retired":
      return { isDone: isUsed && isRetired };
    case "dropped":
      return isUsed && isRetired
        ? { isDone: before.holders?.length === 0 || before.state === "destroyed", standing: namesOf("trusted still by", before.holders) }
        : { isDone: false };
    case "destroyed":
      return { isDone: isUsed && before?.state === "destroyed" };
  }
}

/** What is left on the key before; that it couldn't be counted is no nothing. */
function leftOn(ring: RingState["ring"], before: Key | undefined): Seen {
  if (before === undefined) return { isDone: false };
  if (ring === "kek")
    return { isDone: before.wraps === 0, standing: before.wraps === null ? "could not be counted" : `${before.wraps.toLocaleString("en-GB")} data keys are left` };
  return before.holders === null ? { isDone: false, standing: "could not be counted" } : { isDone: before.holders.length === 0, standing: namesOf("left", before.holders) };
}

const NAMES_MAX = 8;
const namesOf = (what: string, names: readonly string[] | null): string | null =>
  names === null
    ? "not known yet"
    : names.length === 0
      ? null
      : `${what}: ${names.slice(0, NAMES_MAX).join(", ")}${names.length > NAMES_MAX ? ` and ${names.length - NAMES_MAX} more` : ""}`;
const minute = (ms: number): string => `${new Date(ms).toISOString().slice(0, 16).replace("T", " ")} UTC`;
const numberOf = (id: string): number => Number(id.slice(id.indexOf("-") + 1));
const later = (a: Key, b: Key): Key => (numberOf(a.id) > numberOf(b.id) ? a : b);
/** A key that was taken back was never in use, and so had no end. */
const isDropped = ({ state, untilS }: Key): boolean => state === "destroyed" && untilS === null;

function person(step: Step["step"], phase: Step["phase"], text: string, keep: string): Step {
  return { step, phase, by: "person", text, keep, isDone: false, standing: null };
}
function seen(step: Step["step"], phase: Step["phase"], text: string, { isDone, standing = null }: Seen): Step {
  return { step, phase, by: "product", text, keep: null, isDone, standing: isDone && step !== "moved" && step !== "made" ? null : standing };
}
