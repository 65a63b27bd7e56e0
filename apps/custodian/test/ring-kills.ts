import { RING_NAMES, RING_STEPS, type RingName, type RingStep } from "@sallyport/custody/keys";

/** When the process is killed: as soon as the step is asked for, while its entry is being written, and once it is answered. */
export const KILL_MOMENTS = ["asked", "under way", "answered"] as const;

export interface RingKill {
  readonly ring: RingName;
  readonly step: RingStep;
  readonly moment: (typeof KILL_MOMENTS)[number];
  /** The steps that lead to where this one begins. */
  readonly before: readonly RingStep[];
}

const BEFORE: Readonly<Record<RingStep, readonly RingStep[]>> = {
  add: [],
  drop: ["add"],
  activate: ["add"],
  revert: ["add", "activate"],
  retire: ["add", "activate"],
  reopen: ["add", "activate", "retire"],
  destroy: ["add", "activate", "retire"],
};

/** Every step of every ring, at each moment: what the test kills a process at, and what docs/rotation-kills.md counts. */
export const RING_KILLS: readonly RingKill[] = RING_NAMES.flatMap((ring) =>
  RING_STEPS.filter((step) => step !== "reopen" || ring === "kek").flatMap((step) => KILL_MOMENTS.map((moment) => ({ ring, step, moment, before: BEFORE[step] }))),
);
