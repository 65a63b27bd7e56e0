import { heldBelow, parseStatement } from "@sallyport/audit";

/** A generation as `trail.openExport` answers it. */
export interface OpenedGeneration {
  readonly generation: number;
  readonly size: number;
  readonly checkpoint: string;
}

interface Opened {
  readonly chain: string;
  readonly statement: string;
}

/** All that a bundle holds of a generation's checkpoints, read as a client does: three at a time. */
export async function checkpointsOf(
  read: (input: object) => Promise<unknown>,
  { chain, statement }: Opened,
  { generation, size, checkpoint }: OpenedGeneration,
): Promise<readonly string[]> {
  const isHeld = heldBelow(parseStatement(statement.slice(0, statement.lastIndexOf("\n\n") + 1)).keys, size);
  const notes: string[] = [];
  for (let above = 0; ; ) {
    const { checkpoints } = (await read({ chain, generation, above, below: size, limit: 3 })) as { checkpoints: readonly { size: number; note: string }[] };
    notes.push(...checkpoints.filter(isHeld).map(({ note }) => note));
    const last = checkpoints.at(-1);
    if (last === undefined) return [...notes, checkpoint];
    above = last.size;
  }
}
