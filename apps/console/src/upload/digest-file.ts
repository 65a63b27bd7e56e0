import { FileReading, type LocalFile } from "./file-reader.ts";

const PIECE_BYTES = 4 * 1024 * 1024;

/** A file by what it is: its SHA-256 in lower-case hex, and its length in bytes. */
export interface FileDigest {
  readonly sha256: string;
  readonly bytes: number;
}

/**
 * Digests a file piece by piece, here in the browser: nothing of it is sent.
 *
 * @param onRead - Hears how many bytes were read.
 * @throws NotReadableError of the browser where the file was changed or taken away; AbortError once the signal says so.
 */
export async function digestFile(file: LocalFile, onRead: (bytes: number) => void, signal: AbortSignal): Promise<FileDigest> {
  const watched: LocalFile = {
    name: file.name,
    size: file.size,
    slice(from, to) {
      signal.throwIfAborted();
      onRead(from);
      return file.slice(from, to);
    },
  };
  return { sha256: await new FileReading(watched).sha256(PIECE_BYTES), bytes: file.size };
}
