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

/** A small PDF with objects of its own before its cross-references. */
export function pdfOf(objects: readonly (string | Buffer)[] = [], { version = "1.7", trailer = "", after = "" } = {}): Buffer {
  const body = Buffer.concat([
    Buffer.from(`%PDF-${version}\n%\u00e2\u00e3\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n2 0 obj\n<< /Type /Pages /Kids [] /Count 0 >>\nendobj\n`, "latin1"),
    ...objects.map((each, at) => Buffer.concat([Buffer.from(`${at + 3} 0 obj\n`), Buffer.from(each as string), Buffer.from("\nendobj\n")])),
  ]);
  const references = `xref\n0 1\n0000000000 65535 f \ntrailer\n<< /Size ${objects.length + 3} /Root 1 0 R ${trailer}>>\nstartxref\n${body.length}\n%%EOF\n${after}`;
  return Buffer.concat([body, Buffer.from(references, "latin1")]);
}
