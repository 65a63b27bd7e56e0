import type { EvidencePort } from "@sallyport/api";
import type { Custodian, SignedCheckpoint } from "@sallyport/custody";
import type { AnchorDesk } from "./anchor-desk.ts";

const DEADLINE_MS = 5000;

/** Port: where signed checkpoints are kept. */
export interface CheckpointKeeper {
  insert(checkpoint: SignedCheckpoint): Promise<void>;
}

/** Has the custodian sign chains as they are committed now, and keeps the notes before anyone is told. */
export type Checkpointing = (chains: readonly string[]) => Promise<readonly SignedCheckpoint[]>;

export const checkpointing =
  (custodian: Pick<Custodian, "sign">, keeper: CheckpointKeeper): Checkpointing =>
  async (chains) => {
    const { checkpoints } = await custodian.sign({ kind: "checkpoint", chains }, DEADLINE_MS);
    for (const checkpoint of checkpoints) await keeper.insert(checkpoint);
    return checkpoints;
  };

/** What an act waits for: its chains' checkpoints and, where acts wait for that, their anchors. */
export const evidence = (checkpoint: Checkpointing, desk: Pick<AnchorDesk, "assertWithin" | "holdNow">): EvidencePort => ({
  assertAnchored: () => desk.assertWithin(),
  async checkpoint(chains) {
    const checkpoints = await checkpoint(chains);
    const held = await desk.holdNow(chains);
    return checkpoints.map(({ chain, generation, size, root }) => ({ chain, generation, size, root, anchors: held.get(chain) ?? [] }));
  },
});
