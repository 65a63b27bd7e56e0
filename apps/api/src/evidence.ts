import type { EvidencePort } from "@sallyport/api";
import type { Custodian, SignedCheckpoint } from "@sallyport/custody";

const DEADLINE_MS = 5000;

/** Port: where signed checkpoints are kept. */
export interface CheckpointKeeper {
  insert(checkpoint: SignedCheckpoint): Promise<void>;
}

/** Has the custodian sign chains as they are committed now, and keeps the notes before anyone is told. */
export const evidence = (custodian: Pick<Custodian, "sign">, keeper: CheckpointKeeper): EvidencePort => ({
  async checkpoint(chains) {
    const { checkpoints } = await custodian.sign({ kind: "checkpoint", chains }, DEADLINE_MS);
    for (const checkpoint of checkpoints) await keeper.insert(checkpoint);
    return checkpoints.map(({ chain, generation, size, root }) => ({ chain, generation, size, root }));
  },
});
