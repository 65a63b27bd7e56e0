import { DatasetFaults } from "../dataset-faults.ts";
import { JsonStream } from "../json-stream.ts";

/** Bytes as a source, in pieces of this size. */
export async function* inPieces(bytes: Uint8Array, pieceBytes = bytes.length): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}

/** Reads one JSON value and nothing behind it, as the reader reads its parts. */
export async function readValue(input: string | Uint8Array, pieceBytes?: number): Promise<unknown> {
  const stream = new JsonStream(inPieces(typeof input === "string" ? Buffer.from(input) : input, pieceBytes), new DatasetFaults());
  const text = await stream.step((scanner) => {
    scanner.space();
    const value = scanner.valueText();
    scanner.space();
    if (!Number.isNaN(scanner.peek()) || !stream.isWhole) scanner.fail("something follows the value");
    return value;
  }, 1024 ** 3);
  return JSON.parse(text) as unknown;
}
