import type { DocumentSource } from "../document/document.ts";

/** A document that is in memory, given in pieces. */
export function sourceOf(bytes: Buffer, pieceBytes = 4096): DocumentSource {
  return {
    bytes: bytes.length,
    async *open() {
      for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
    },
    read: (from, length) => {
      if (from < 0 || length < 0 || from + length > bytes.length) return Promise.reject(new RangeError("beyond the file"));
      return Promise.resolve(Buffer.from(bytes.subarray(from, from + length)));
    },
  };
}
