import { SallyportError } from "@sallyport/errors";
import { copyRows } from "./copy-rows.ts";

/** Records as exported lines, each with its newline. */
export interface RecordLines {
  readonly bytes: Buffer;
  /** Where each line ends in `bytes`: behind its newline. What was tampered with may hold more newlines. */
  readonly ends: readonly number[];
}

const MAC_BYTES = 32;
/** What stands behind `mac` in a line: no value holds it, since a quote inside a value is escaped. */
const AFTER_MAC = Buffer.from(',"policy":"', "latin1");
const MAC = Buffer.from(',"mac":"', "latin1");
/** What a line has beside its body: the member with its quotes, and the newline. */
const BESIDE_BODY = MAC.length + 2 * MAC_BYTES + 2;
const [QUOTE, NEWLINE] = [0x22, 0x0a];

/**
 * Makes lines of `COPY (SELECT mac, body …) … (FORMAT binary)`, byte for byte: a stored body is what was MACed, so nothing is parsed or spelled anew,
 * and one buffer holds all lines of what the database sent at once.
 *
 * @throws SallyportError `trail.unrepresentable` where a row holds no record's body or no MAC.
 */
export async function* copyLines(stream: AsyncIterable<Buffer>): AsyncGenerator<RecordLines> {
  for await (const rows of copyRows(stream)) {
    const bytes = Buffer.allocUnsafe(rows.reduce((sum, row) => sum + (row[1]?.length ?? 0) + BESIDE_BODY, 0));
    const ends: number[] = [];
    for (const [mac, body] of rows) ends.push(writeLine(bytes, ends.at(-1) ?? 0, mac, body));
    yield { bytes, ends };
  }
}

function writeLine(into: Buffer, from: number, mac: Buffer | undefined, body: Buffer | undefined): number {
  if (mac?.length !== MAC_BYTES) throw new SallyportError("trail.unrepresentable", { member: "mac" });
  const at = body?.indexOf(AFTER_MAC) ?? -1;
  if (body === undefined || at === -1) throw new SallyportError("trail.unrepresentable", { member: "body" });
  let end = from + body.copy(into, from, 0, at);
  end += MAC.copy(into, end);
  end += into.write(mac.toString("hex"), end, "latin1");
  into[end] = QUOTE;
  end += 1 + body.copy(into, end + 1, at);
  into[end] = NEWLINE;
  return end + 1;
}
