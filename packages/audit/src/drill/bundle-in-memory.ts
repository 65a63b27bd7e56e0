import { sha256Hex } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import { decodeText, linesOf } from "../bundle-lines.ts";
import { type BundleReader, MANIFEST_FILE } from "../bundle-model.ts";
import { manifestText } from "../manifest.ts";

/** A bundle's files by name. */
export type BundleFiles = Map<string, Buffer>;

/** Reads files from memory as the folder's reader does from a folder. */
export function memoryReader(files: ReadonlyMap<string, Buffer>): BundleReader {
  const bytesOf = (name: string): Buffer => {
    const bytes = files.get(name);
    if (bytes === undefined) throw new SallyportError("bundle.unreadable", { file: name });
    return bytes;
  };
  return {
    list: () => Promise.resolve([...files.keys()]),
    lines: (name) => linesOf(once(bytesOf(name))),
    text: (name) => Promise.resolve().then(() => decodeText(bytesOf(name))),
    digest: (name) => Promise.resolve({ bytes: bytesOf(name).length, sha256: sha256Hex(bytesOf(name)) }),
  };
}

/** What anybody can do who holds the files: make the manifest fit them again. */
export function fitManifest(files: BundleFiles): void {
  files.delete(MANIFEST_FILE);
  const listed = [...files].map(([name, bytes]) => ({ name, bytes: bytes.length, sha256: sha256Hex(bytes) }));
  files.set(MANIFEST_FILE, Buffer.from(manifestText(listed), "utf8"));
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield await Promise.resolve(bytes);
}
