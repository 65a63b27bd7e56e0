import { SallyportError } from "@sallyport/errors";
import { copyBytes } from "./copy-rows.ts";

/** Records as exported lines, each with its newline. */
export interface RecordLines {
  readonly bytes: Buffer;
  /** Where each line ends in `bytes`: behind its newline. What was tampered with may hold more newlines. */
  readonly ends: readonly number[];
}

const COLUMNS = 2;
const MAC_BYTES = 32;
/** In a row: its number of columns, then the length of each column before its bytes. */
const [MAC_AT, BODY_AT] = [2 + 4, 2 + 4 + MAC_BYTES + 4];
/** What stands behind `mac` in a line: no value holds it, since a quote inside a value is escaped. */
const AFTER_MAC = Buffer.from(',"policy":"', "latin1");
const MAC = Buffer.from(',"mac":"', "latin1");
/** What a line has beside its body: the member with its quotes, and the newline. */
const BESIDE_BODY = MAC.length + 2 * MAC_BYTES + 2;
const [QUOTE, NEWLINE] = [0x22, 0x0a];
const DIGITS = Buffer.from("0123456789abcdef", "latin1");

/**
 * Makes lines of `COPY (SELECT mac, body …) … (FORMAT binary)`, byte for byte: a stored body is what was MACed, so nothing is parsed or spelled anew,
 * and one buffer holds all lines of what the database sent at once. No object is made for a row: that would be half of the work.
 *
 * @throws SallyportError `trail.unrepresentable` where a row holds no record's body or no MAC; as {@link copyBytes}.
 */
export async function* copyLines(stream: AsyncIterable<Buffer>): AsyncGenerator<RecordLines> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of copyBytes(stream)) {
    const rows = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const bodies = bodiesIn(rows);
    const last = bodies.at(-1) ?? 0;
    rest = rows.subarray(last);
    const count = bodies.length / 2;
    if (count === 0) continue;
    const bytes = Buffer.allocUnsafe(last - count * BODY_AT + count * BESIDE_BODY);
    const ends: number[] = [];
    let end = 0;
    for (let n = 0; n < bodies.length; n += 2) {
      const [from, to] = [bodies[n] ?? 0, bodies[n + 1] ?? 0];
      const at = rows.indexOf(AFTER_MAC, from);
      if (at === -1 || at + AFTER_MAC.length > to) throw new SallyportError("trail.unrepresentable", { member: "body" });
      end = writeLine(bytes, end, rows, from, at, to);
      ends.push(end);
    }
    yield { bytes, ends };
  }
  if (rest.length > 0) throw new SallyportError("service.unavailable", { copy: "ended early" });
}

/** Where the body of each whole row begins and ends, in turns. */
function bodiesIn(rows: Buffer): readonly number[] {
  const bodies: number[] = [];
  let at = 0;
  while (rows.length >= at + BODY_AT) {
    if (rows.readInt16BE(at) !== COLUMNS || rows.readInt32BE(at + MAC_AT - 4) !== MAC_BYTES) throw new SallyportError("trail.unrepresentable", { member: "mac" });
    const length = rows.readInt32BE(at + BODY_AT - 4);
    if (length < 0) throw new SallyportError("trail.unrepresentable", { member: "body" });
    const end = at + BODY_AT + length;
    if (rows.length < end) break;
    bodies.push(at + BODY_AT, end);
    at = end;
  }
  return bodies;
}

function writeLine(into: Buffer, start: number, rows: Buffer, from: number, at: number, to: number): number {
  let end = start + rows.copy(into, start, from, at);
  for (let n = 0; n < MAC.length; n += 1) into[end + n] = MAC[n] ?? 0;
  end += MAC.length;
  const mac = from - BODY_AT + MAC_AT;
  for (let n = 0; n < MAC_BYTES; n += 1, end += 2) {
    const byte = rows[mac + n] ?? 0;
    into[end] = DIGITS[byte >> 4] ?? 0;
    into[end + 1] = DIGITS[byte & 15] ?? 0;
  }
  into[end] = QUOTE;
  end += 1 + rows.copy(into, end + 1, at, to);
  into[end] = NEWLINE;
  return end + 1;
}
