import { DatasetFaults } from "../dataset-faults.ts";
import { JsonStream } from "../json-stream.ts";
import { inPieces } from "./in-pieces.ts";

/** Reads one JSON value and nothing behind it, as the reader reads its parts. */
export async function readValue(input: string | Uint8Array): Promise<unknown> {
  const stream = new JsonStream(inPieces(input), new DatasetFaults());
  const text = await stream.step((scanner) => {
    scanner.space();
    const value = scanner.valueText();
    scanner.space();
    if (!Number.isNaN(scanner.peek()) || !stream.isWhole) scanner.fail("something follows the value");
    return value;
  }, 1024 ** 3);
  return JSON.parse(text) as unknown;
}
