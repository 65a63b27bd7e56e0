import { type BundleReader, decodeText, linesOf, TEXT_BYTES_MAX } from "@sallyport/audit";
import { RunningSha256 } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";

/** A file that a person chose: a browser's `File`, or what does the same. */
export interface LocalFile {
  /** Its name in the bundle's folder. */
  readonly name: string;
  readonly size: number;
  stream(): ReadableStream<Uint8Array>;
}

/** A file's bytes as they come. */
export async function* chunksOf(file: LocalFile, onRead: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  const reader = file.stream().getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      onRead(next.value.length);
      yield next.value;
    }
  } finally {
    await reader.cancel();
  }
}

/**
 * Reads a bundle from files that were chosen one by one, or with their folder. Nothing leaves them; each is read as often as verifying asks,
 * a piece at a time.
 *
 * @param onRead - Told of each piece, in bytes, as it is read.
 */
export function localReader(files: readonly LocalFile[], onRead: (bytes: number) => void = () => undefined): BundleReader {
  const byName = new Map(files.map((file) => [file.name, file]));
  const fileOf = (name: string): LocalFile => {
    const file = byName.get(name);
    if (file === undefined) throw new SallyportError("bundle.unreadable", { file: name, reason: "not there" });
    return file;
  };
  return {
    list: () => Promise.resolve([...byName.keys()]),
    lines: (name) => linesOf(chunksOf(fileOf(name), onRead)),
    async text(name) {
      const file = fileOf(name);
      if (file.size > TEXT_BYTES_MAX) throw new SallyportError("bundle.unreadable");
      const chunks: Uint8Array[] = [];
      for await (const chunk of chunksOf(file, onRead)) chunks.push(chunk);
      return decodeText(Buffer.concat(chunks));
    },
    async digest(name) {
      const digest = new RunningSha256();
      let bytes = 0;
      for await (const chunk of chunksOf(fileOf(name), onRead)) {
        digest.update(chunk);
        bytes += chunk.length;
      }
      return { bytes, sha256: digest.hex() };
    },
  };
}
