import { createHash } from "node:crypto";

const PIECE_BYTES = 262_144;
/** So many digits that a cross-reference's place is as long for each length. */
const END_BYTES = 200;

/** A PDF of about so many bytes, made as it is read: one stream of letters that hold nothing else. */
export interface LargePdf {
  readonly bytes: number;
  /** From its beginning, each time the same. */
  readonly pieces: () => Generator<Buffer>;
}

/** @param seed - Makes one differ from another. */
export function largePdf(about: number, seed: string): LargePdf {
  const head = Buffer.from(
    `%PDF-1.7\n%\u00e2\u00e3\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n2 0 obj\n<< /Type /Pages /Kids [] /Count 0 >>\nendobj\n3 0 obj\n<< /Length ${about} >>\nstream\n`,
    "latin1",
  );
  const close = Buffer.from("\nendstream\nendobj\n", "latin1");
  const at = head.length + about + close.length;
  const end = Buffer.from(`xref\n0 1\n0000000000 65535 f \ntrailer\n<< /Size 4 /Root 1 0 R >>\nstartxref\n${at}\n%%EOF\n`, "latin1");
  if (end.length > END_BYTES) throw new RangeError("the end of a PDF is short");
  // One block that no compressor would make much of, told apart by a line of its own at each place.
  const block = Buffer.alloc(PIECE_BYTES);
  for (let from = 0, hash = createHash("sha512").update(seed).digest(); from < block.length; from += 128) {
    hash = createHash("sha512").update(hash).digest();
    block.write(hash.toString("hex"), from, "latin1");
  }
  function* pieces(): Generator<Buffer> {
    yield head;
    for (let from = 0; from < about; from += PIECE_BYTES) {
      block.write(String(from).padStart(16, "0"), 0, "latin1");
      yield Buffer.from(block.subarray(0, Math.min(PIECE_BYTES, about - from)));
    }
    yield close;
    yield end;
  }
  return { bytes: at + end.length, pieces };
}
