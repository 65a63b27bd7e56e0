import { setImmediate } from "node:timers/promises";
import type { DataKey } from "@sallyport/crypto";
import { fileId, openFile } from "@sallyport/phi";
import { readAhead } from "../../crossings/read-ahead.ts";
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
  let from = 0;
  const pages = readAhead<readonly Buffer[]>((last) => {
    if (last !== null && last.length < CHUNKS_AT_ONCE) return null;
    if (last !== null) from += CHUNKS_AT_ONCE;
    return ask({ file, from, limit: CHUNKS_AT_ONCE });
  });
  for await (const chunks of pages)
    for (const chunk of chunks) {
      yield chunk;
      // Reading goes on for minutes: between two chunks everybody else has a turn.
      await setImmediate();
    }
}
