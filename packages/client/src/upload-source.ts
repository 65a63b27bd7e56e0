import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { SallyportClientError } from "./client-error.ts";

/** What a file is that is no dataset: a PDF, XML or zip. Without a site it is the whole study's; `replaces` makes it that document's next version. */
export interface UploadDocument {
  readonly type: "ectd_sequence" | "irb_correspondence" | "investigator_credential";
  readonly site: string | null;
  readonly replaces?: string;
}

/**
 * A file to upload: a path; bytes; a Blob; or a stream with its size in bytes, which is read once. `name` is the file's own name, without a
 * path; it is stored sealed. A file is a dataset unless it says that it is a `document`.
 */
export type UploadFile = { readonly document?: UploadDocument } & (
  | { readonly path: string; readonly name?: string }
  | { readonly name: string; readonly bytes: Uint8Array }
  | { readonly name: string; readonly blob: Blob }
  | { readonly name: string; readonly size: number; readonly stream: AsyncIterable<Uint8Array> }
);

/** A file as the sender takes it: read from its beginning, once. */
export interface UploadSource {
  readonly name: string;
  readonly size: number;
  readonly document?: UploadDocument;
  read(): AsyncIterable<Uint8Array>;
}

const READ_BYTES = 256 * 1024;

/** @throws SallyportClientError `input.invalid` with the path of a file that can't be read. */
export async function sourceOf(file: UploadFile): Promise<UploadSource> {
  return { ...(await contentOf(file)), ...(file.document !== undefined && { document: file.document }) };
}

async function contentOf(file: UploadFile): Promise<UploadSource> {
  if ("path" in file) {
    const { path, name = basename(path) } = file;
    return { name, size: await sizeOf(path), read: () => createReadStream(path, { highWaterMark: READ_BYTES }) as AsyncIterable<Uint8Array> };
  }
  if ("bytes" in file) return { name: file.name, size: file.bytes.length, read: () => piecesOf(file.bytes) };
  if ("blob" in file) return { name: file.name, size: file.blob.size, read: () => file.blob.stream() as unknown as AsyncIterable<Uint8Array> };
  return { name: file.name, size: file.size, read: () => file.stream };
}

async function sizeOf(path: string): Promise<number> {
  try {
    const found = await stat(path);
    if (found.isFile()) return found.size;
  } catch (error) {
    throw new SallyportClientError("input.invalid", { where: [path], ...(error instanceof Error && { cause: error }) });
  }
  throw new SallyportClientError("input.invalid", { where: [path] });
}

async function* piecesOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += READ_BYTES) yield bytes.subarray(at, at + READ_BYTES);
}

/**
 * Cuts what a source gives into parts of `partBytes`, the last one as long as what is left. The buffer is one and the same: a part is gone
 * when the next one is asked for.
 *
 * @throws SallyportClientError `packet.incomplete` where the source isn't as long as was said.
 */
export async function* partsOf(source: UploadSource, partBytes: number): AsyncGenerator<{ readonly offset: number; readonly bytes: Buffer }> {
  const buffer = Buffer.alloc(Math.min(partBytes, source.size));
  const other = (): SallyportClientError => new SallyportClientError("packet.incomplete", { where: [`${source.name}: not as long as when the upload began`] });
  let filled = 0;
  let offset = 0;
  for await (const piece of source.read()) {
    if (offset + filled + piece.length > source.size) throw other();
    for (let at = 0; at < piece.length; ) {
      const share = piece.subarray(at, at + buffer.length - filled);
      buffer.set(share, filled);
      filled += share.length;
      at += share.length;
      if (filled === buffer.length) {
        yield { offset, bytes: buffer };
        offset += filled;
        filled = 0;
      }
    }
  }
  if (offset + filled !== source.size) throw other();
  if (filled > 0) yield { offset, bytes: buffer.subarray(0, filled) };
}
