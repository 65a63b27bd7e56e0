import type { Grant } from "./grant.ts";
import type { StepRow } from "./incident-step-store.ts";

/** What a turn of a ring, or a move of the root key, leaves to a person, who says that it was done (docs/runbooks/rotate-keys.md, move-root-key.md). */
export const keySteps = ["rehearsed", "copied", "prepared", "stopped", "told", "kept", "escrowed", "forgotten", "stowed"] as const;
export type KeyStep = (typeof keySteps)[number];

/** Port: what persons said of turns of keys. Steps are added, and stay. */
export interface KeyStepStore<Tx> {
  /** Of one turn, in order. Needs `keys.read`. */
  of(grant: Grant, turn: string): Promise<readonly StepRow<KeyStep>[]>;
  /** Adds one; its note is stored before. Needs `keys.rotate`. Throws `service.busy` where another was added at the same moment. */
  add(tx: Tx, grant: Grant, step: { readonly turn: string; readonly note: string } & Pick<StepRow<KeyStep>, "step" | "atMs" | "evidence">): Promise<void>;
}
