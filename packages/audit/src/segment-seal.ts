import type { KeyObject } from "node:crypto";
import { RunningHmac } from "@sallyport/crypto";
import type { SealedRecord } from "./model.ts";

/** Records that one seal is over. */
export const SEGMENT_RECORDS = 4096;

/** A seal over the rows of one segment of a generation, as the database hands them out (docs/spec/segment-seal-v1.md). */
export interface SegmentSeal {
  /** Lower-case hex. */
  readonly seal: string;
  /** The MAC of the segment's last record. */
  readonly mac: string;
  /** How many bytes its rows have. */
  readonly bytes: number;
}

/** Whose segments they are. */
export interface SegmentsOf {
  readonly deployment: string;
  readonly chain: string;
  readonly generation: number;
  readonly auditKey: KeyObject;
}

const COLUMNS = 4;
const [SEQ_BYTES, MAC_BYTES] = [8, 32];
/** What a row has beside its body: how many columns, four lengths, seq and two MACs. */
const BESIDE_BODY = 2 + COLUMNS * 4 + SEQ_BYTES + 2 * MAC_BYTES;
const NO_SEAL = "0".repeat(64);

/** Begins the seal of segment `n`, counted from 0. A record's body begins with a brace, so nothing that is sealed can be passed off as a record, or the other way round. */
function openSeal({ deployment, chain, generation, auditKey }: SegmentsOf, n: number, before: string): RunningHmac {
  const hmac = new RunningHmac(auditKey);
  hmac.update(`sallyport-segment-v1\n${deployment}\n${chain}\n${generation}\n${n}\n${before}\n`);
  return hmac;
}

/** Rows of seq, prev_mac, mac and body as `COPY … (FORMAT binary)` sends them. */
export function rowBytes(records: readonly Pick<SealedRecord, "seq" | "prevMac" | "mac" | "body">[]): Buffer {
  const bytes = Buffer.allocUnsafe(records.reduce((sum, { body }) => sum + body.length + BESIDE_BODY, 0));
  let at = 0;
  for (const { seq, prevMac, mac, body } of records) {
    at = bytes.writeInt16BE(COLUMNS, at);
    at = bytes.writeInt32BE(SEQ_BYTES, at);
    at = bytes.writeBigInt64BE(BigInt(seq), at);
    for (const hex of [prevMac, mac]) {
      at = bytes.writeInt32BE(MAC_BYTES, at);
      at += bytes.write(hex, at, MAC_BYTES, "hex");
    }
    at = bytes.writeInt32BE(body.length, at);
    at += bytes.write(body, at, "latin1");
  }
  return bytes;
}

/** Seals segments of records that are being verified one by one: each seal goes on from the one before. What isn't whole at the end is not to be kept. */
export class SegmentSealer {
  readonly #of: SegmentsOf;
  readonly #seals: SegmentSeal[] = [];
  #n: number;
  #before: string;
  #hmac: RunningHmac;
  #count = 0;
  #bytes = 0;

  /** @param before - The seals that stand already; the records that are pushed come behind them. */
  constructor(of: SegmentsOf, before: readonly SegmentSeal[]) {
    this.#of = of;
    this.#n = before.length;
    this.#before = before.at(-1)?.seal ?? NO_SEAL;
    this.#hmac = openSeal(of, this.#n, this.#before);
  }

  /** Takes the next records. */
  push(records: readonly SealedRecord[]): void {
    for (let from = 0; from < records.length; ) {
      const part = records.slice(from, from + SEGMENT_RECORDS - this.#count);
      const bytes = rowBytes(part);
      this.#hmac.update(bytes);
      this.#bytes += bytes.length;
      this.#count += part.length;
      from += part.length;
      if (this.#count === SEGMENT_RECORDS) this.#close(part.at(-1)?.mac ?? "");
    }
  }

  /** The seals of the segments that are full. */
  get seals(): readonly SegmentSeal[] {
    return this.#seals;
  }

  #close(mac: string): void {
    this.#before = this.#hmac.hex();
    this.#seals.push({ seal: this.#before, mac, bytes: this.#bytes });
    this.#n += 1;
    this.#hmac = openSeal(this.#of, this.#n, this.#before);
    [this.#count, this.#bytes] = [0, 0];
  }
}

/**
 * How many segments hold, from the first on, and whether something doesn't: a seal, or where the rows end. One HMAC runs over each segment's bytes, which
 * are neither cut into rows nor read.
 *
 * @param rows - The bytes of as many rows as the seals are over, in order.
 */
export async function sealedSegments(of: SegmentsOf, seals: readonly SegmentSeal[], rows: AsyncIterable<Buffer>): Promise<{ readonly whole: number; readonly isSuspect: boolean }> {
  let whole = 0;
  let hmac = openSeal(of, 0, NO_SEAL);
  let left = seals[0]?.bytes ?? 0;
  let isSuspect = false;
  for await (const chunk of rows) {
    // Read to its end also behind a break: a stream that is left early costs its connection.
    for (let from = 0; !isSuspect && from < chunk.length; ) {
      const seal = seals[whole];
      const part = chunk.subarray(from, from + left);
      if (seal === undefined || part.length === 0) {
        isSuspect = true;
        break;
      }
      hmac.update(part);
      from += part.length;
      left -= part.length;
      if (left > 0) continue;
      if (hmac.hex() === seal.seal) whole += 1;
      else isSuspect = true;
      hmac = openSeal(of, whole, seal.seal);
      left = seals[whole]?.bytes ?? 0;
    }
  }
  return { whole, isSuspect: isSuspect || whole < seals.length };
}
