import type { ExportPage } from "../index.ts";

/** A page of an export of these lines, without their newlines, and the signatures of their leaves, base64. */
export function pageOf(lines: readonly string[], signatures: readonly string[]): ExportPage {
  const ends: number[] = [];
  for (const line of lines) ends.push((ends.at(-1) ?? 0) + Buffer.byteLength(line) + 1);
  const text = lines.map((line) => `${line}\n`).join("");
  return { lines: Buffer.from(text), ends, signatures: Buffer.concat(signatures.map((each) => Buffer.from(each, "base64"))) };
}
