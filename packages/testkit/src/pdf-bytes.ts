/** A small PDF with objects of its own before its cross-references. */
export function pdfOf(objects: readonly (string | Buffer)[] = [], { version = "1.7", trailer = "", after = "" } = {}): Buffer {
  const body = Buffer.concat([
    Buffer.from(`%PDF-${version}\n%\u00e2\u00e3\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n2 0 obj\n<< /Type /Pages /Kids [] /Count 0 >>\nendobj\n`, "latin1"),
    ...objects.map((each, at) => Buffer.concat([Buffer.from(`${at + 3} 0 obj\n`), Buffer.from(each as string), Buffer.from("\nendobj\n")])),
  ]);
  const references = `xref\n0 1\n0000000000 65535 f \ntrailer\n<< /Size ${objects.length + 3} /Root 1 0 R ${trailer}>>\nstartxref\n${body.length}\n%%EOF\n${after}`;
  return Buffer.concat([body, Buffer.from(references, "latin1")]);
}
