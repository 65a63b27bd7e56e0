import { setImmediate } from "node:timers/promises";
import type { DataKey } from "@sallyport/crypto";
import { fileId, openFile } from "@sallyport/phi";
import type { OpenedFile } from "./opened-file.ts";

/** Chunks that are asked for at once: 2 MiB. */
const CHUNKS_AT_ONCE = 8;

/** Asks for sealed chunks of a packet's file, from a position on. */
export type AskChunks = (part: { readonly file: number; readonly from: number; readonly limit: number }) => Promise<readonly Buffer[]>;

/** What has to be known of a packet to open its files. */
interface Stored {
  readonly id: string;
  readonly files: readonly { readonly n: number; readonly bytes: number }[];
}

/** The files of a packet, opened chunk by chunk as they are read. */
export const storedFiles = ({ id, files }: Stored, key: DataKey, ask: AskChunks): readonly OpenedFile[] =>
  files.map(({ n, bytes }) => ({ n, of: files.length, bytes, open: () => openFile(key, fileId(id, n, files.length), bytes, chunksOf(n, ask)) }));

/** The sealed chunks of one file, in order. The next ones are asked for while these are read, so that neither side waits for the other. */
export async function* chunksOf(file: number, ask: AskChunks): AsyncGenerator<Buffer> {
  const askFrom = (from: number): Promise<readonly Buffer[]> => {
    const asked = ask({ file, from, limit: CHUNKS_AT_ONCE });
    // Whoever takes them meets the failure; who stops early doesn't want to know.
    asked.catch(() => undefined);
    return asked;
  };
  let next: Promise<readonly Buffer[]> | null = askFrom(0);
  try {
    for (let from = CHUNKS_AT_ONCE; next !== null; from += CHUNKS_AT_ONCE) {
      const chunks: readonly Buffer[] = await next;
      next = chunks.length < CHUNKS_AT_ONCE ? null : askFrom(from);
      for (const chunk of chunks) {
        yield chunk;
        // Reading goes on for minutes: between two chunks everybody else has a turn.
        await setImmediate();
      }
    }
  } finally {
    // Nothing is under way any more when the reader goes on: its grant may end then.
    await next?.catch(() => undefined);
  }
}
