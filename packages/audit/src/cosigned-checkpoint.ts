import { codeOf } from "@sallyport/errors";
import { type BundleReader, cosignedFile, type Witnessed } from "./bundle-model.ts";
import { checkpointOrigin, parseCheckpoint } from "./checkpoint.ts";
import { cosignedAt, witnessName } from "./cosignature.ts";
import type { ExportStatement, StatedGeneration } from "./export-statement.ts";
import { openNote } from "./signed-note.ts";

/** A checkpoint of one generation with the lines of who cosigned it, of which nothing was verified but the log's own signature. */
export interface CosignedCheckpoint {
  readonly generation: number;
  readonly size: number;
  /** 32 bytes. */
  readonly root: Buffer;
  readonly text: string;
  readonly lines: string;
}

/** Reads a generation's cosigned checkpoint; null where it isn't one that a key of the statement signed for this log. */
export async function readCosigned(reader: BundleReader, statement: ExportStatement, { generation }: StatedGeneration): Promise<CosignedCheckpoint | null> {
  const origin = checkpointOrigin(statement.deployment, statement.chain, generation);
  // One that isn't text is one that nobody signed; what can't be read at all is told as everywhere.
  const note = await reader.text(cosignedFile(generation)).catch((error: unknown) => {
    if (codeOf(error) === "bundle.unreadable") return null;
    throw error;
  });
  if (note === null) return null;
  try {
    const text = openNote(note, statement.keys);
    const checkpoint = parseCheckpoint(text);
    return checkpoint.origin === origin ? { generation, size: checkpoint.size, root: checkpoint.root, text, lines: note.slice(text.length + 1) } : null;
  } catch {
    return null;
  }
}

/**
 * The newest of these checkpoints that a witness cosigned; null where it cosigned none, or a line that says it is the witness's isn't.
 *
 * @param cosigned - In order of generations.
 * @param witness - Its verifier key. @throws SallyportError `note.invalid` where it is none.
 */
export function witnessedBy(cosigned: readonly CosignedCheckpoint[], witness: string): Witnessed | null {
  const name = witnessName(witness);
  for (const { generation, size, text, lines } of cosigned.toReversed()) {
    try {
      return { name, generation, size, at: new Date(cosignedAt(text, lines, witness) * 1000).toISOString() };
    } catch (error) {
      if (codeOf(error) !== "note.invalid") throw error;
    }
  }
  return null;
}
