import type { Exhibit } from "./break-judge.ts";
import type { BundleDefence, Holds } from "./defence.ts";
import type { ExportStatement, StatedGeneration } from "./export-statement.ts";
import { parseLine, type ParsedLine } from "./record-encoding.ts";
import { leafHash } from "./tree-hash.ts";

/** A line of `generation-<n>.jsonl`, read as far as it can be. */
export interface BundleLine extends Omit<Exhibit, "isGenuine"> {
  /** Hash of the line without its newline, lower-case hex; `leafBytes` are its 32 bytes. */
  readonly leaf: string;
  readonly leafBytes: Buffer;
  readonly isTerminated: boolean;
  /** Null where the line isn't a record in its one spelling. */
  readonly parsed: ParsedLine | null;
}

const LEAF_LINE = /^([0-9a-f]{64}) ([A-Za-z0-9+/]{86}==)\n$/;

function tryParse(text: string, holds: Holds<BundleDefence>): ParsedLine | null {
  try {
    return parseLine(text, (spelled, line) => holds("canonical", spelled === line));
  } catch {
    return null;
  }
}

/** Reads a line, with its newline, as one of this generation's. */
export function readBundleLine(line: string, statement: ExportStatement, stated: StatedGeneration, holds: Holds<BundleDefence>): BundleLine {
  const isTerminated = line.endsWith("\n");
  const text = isTerminated ? line.slice(0, -1) : line;
  const leafBytes = leafHash(text);
  const parsed = tryParse(text, holds);
  const leaf = leafBytes.toString("hex");
  if (parsed === null) return { reads: "unreadable", seq: 0, prevMac: "", mac: "", leaf, leafBytes, isTerminated, parsed };
  const { deployment, chain, generation, seq, prev_mac } = parsed.record;
  const isOurs = deployment === statement.deployment && chain === statement.chain && generation === stated.generation;
  return { reads: isOurs ? "ours" : "foreign", seq, prevMac: prev_mac, mac: parsed.mac, leaf, leafBytes, isTerminated, parsed };
}

/** Reads a line of `leaves-<n>.txt` (hash, space, signature, newline); null where it isn't one. */
export function readLeafLine(line: string): { readonly leaf: string; readonly signature: string } | null {
  const [, leaf, signature] = LEAF_LINE.exec(line) ?? [];
  return leaf === undefined || signature === undefined ? null : { leaf, signature };
}

/** Goes through both files in step, by the lines of the first; the second's are undefined where it has ended. `behind` is told of each that the second has more. */
export async function* inStep(first: AsyncIterable<string>, second: AsyncIterable<string>, behind?: () => void): AsyncGenerator<readonly [string, string | undefined]> {
  const others = second[Symbol.asyncIterator]();
  try {
    for await (const line of first) {
      const { value, done } = await others.next();
      yield [line, done === true ? undefined : value];
    }
    if (behind !== undefined) while ((await others.next()).done !== true) behind();
  } finally {
    await others.return?.();
  }
}
