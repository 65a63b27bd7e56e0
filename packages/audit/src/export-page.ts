import { SallyportError } from "@sallyport/errors";
import { SIGNATURE_BYTES } from "./leaf-run.ts";

const END_BYTES = 4;

/** Records of one generation on their way out, in order. */
export interface ExportPage {
  /** Lines, each with its newline. */
  readonly lines: Buffer;
  /** Where each line ends in `lines`, behind its newline: a record that was tampered with may hold more newlines. */
  readonly ends: readonly number[];
  /** The signatures of the leaves, 64 bytes each; none where they weren't asked for. */
  readonly signatures: Buffer;
}

/** A page as it travels: its bytes in base64, which needs no escapes, and `ends` as unsigned integers of four bytes, the lowest first. */
export interface PackedPage {
  readonly lines: string;
  readonly ends: string;
  readonly signatures: string;
}

export function packPage({ lines, ends, signatures }: ExportPage): PackedPage {
  const numbers = Buffer.allocUnsafe(ends.length * END_BYTES);
  for (const [at, end] of ends.entries()) numbers.writeUInt32LE(end, at * END_BYTES);
  return { lines: lines.toString("base64"), ends: numbers.toString("base64"), signatures: signatures.toString("base64") };
}

/**
 * @param signed - Whether signatures were asked for; then there is one for each line, and otherwise none.
 * @throws SallyportError `trail.unavailable` for what is no such page.
 */
export function openPage(packed: PackedPage, signed = true): ExportPage {
  const [lines, numbers, signatures] = [packed.lines, packed.ends, packed.signatures].map((text) => Buffer.from(text, "base64")) as [Buffer, Buffer, Buffer];
  const ends: number[] = [];
  for (let at = 0; at + END_BYTES <= numbers.length; at += END_BYTES) ends.push(numbers.readUInt32LE(at));
  const isInOrder = ends.every((end, at) => end > (ends[at - 1] ?? 0)) && (ends.at(-1) ?? 0) === lines.length;
  if (!isInOrder || signatures.length !== (signed ? ends.length * SIGNATURE_BYTES : 0))
    throw new SallyportError("trail.unavailable", { reason: "the api answered with less than it stated" });
  return { lines, ends, signatures };
}

/** The lines of a page as text, without their newlines. */
export const pageLines = ({ lines, ends }: Pick<ExportPage, "lines" | "ends">): readonly string[] => ends.map((end, at) => lines.toString("utf8", ends[at - 1] ?? 0, end - 1));
