import { randomBytes } from "node:crypto";
import { hmacHex } from "@sallyport/crypto";
import { type BreakKind, encodeRecord, lineOf, parseLine, type SealedRecord, ZERO_MAC } from "../index.ts";
import { auditKey, draftOf, sealLog } from "./sealed-log.ts";

/** Where a change was made, and what a verifier must say of it. */
interface Expected {
  readonly seq: number;
  readonly kind: BreakKind;
}

/** A row as an attacker moves it about: a line of text, and the record that it was (null for what never was one). */
export interface Row {
  readonly line: string;
  readonly origin: SealedRecord | null;
}

export interface Mutated {
  readonly rows: readonly Row[];
  readonly expected: Expected;
}

/** Whole numbers in [min, max], from one random draw a call. */
export type Draw = (min: number, max: number) => number;

export const rowOf = (record: SealedRecord): Row => ({ line: lineOf(record.body, record.mac), origin: record });

const without = (rows: readonly Row[], index: number): Row[] => rows.toSpliced(index, 1);
const changed = (rows: readonly Row[], index: number, line: string): Row[] => rows.toSpliced(index, 1, { line, origin: null });
const rowAt = (rows: readonly Row[], index: number): Row => rows[index] as Row;

function flipBit(line: string, draw: Draw): string {
  const bytes = Buffer.from(line, "utf8");
  const at = draw(0, bytes.length - 1);
  bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << draw(0, 7)), at);
  return bytes.toString("utf8");
}

const FIELDS = ["principal", "role", "workload", "action", "resource", "site", "reason", "request_id", "policy", "detail"] as const;

function changeField(line: string, draw: Draw): string {
  const { record, mac } = parseLine(line);
  const field = FIELDS[draw(0, FIELDS.length - 1)] ?? "detail";
  const altered = { ...record, [field]: `${record[field]}.` };
  const { deployment, generation, seq, timestamp_utc, prev_mac } = record;
  return lineOf(encodeRecord(altered, { deployment, generation, seq, timestampUtc: timestamp_utc, prevMac: prev_mac }), mac);
}

/** A record that was never sealed, well-formed for its place among these lines, with a MAC out of the air. */
export function forged(lines: readonly string[], index: number): string {
  const first = parseLine(lines[0] as string).record;
  const prevMac = index === 0 ? ZERO_MAC : parseLine(lines[index - 1] as string).mac;
  const { deployment, generation, chain } = first;
  const body = encodeRecord(draftOf(chain, index + 1, "forged"), { deployment, generation, seq: index + 1, timestampUtc: "2026-01-02T03:04:05.999Z", prevMac });
  return lineOf(body, randomBytes(32).toString("hex"));
}

function reEscape(line: string, draw: Draw): string {
  const at = line.indexOf('"principal":"') + 13 + draw(0, 3);
  const spelled = `\\u${line.charCodeAt(at).toString(16).padStart(4, "0")}`;
  const ways = [
    line.slice(0, at) + spelled + line.slice(at + 1),
    line.replace('"decision":"', '"decision":"deny","decision":"'),
    line.replace(",", ", "),
    `${line.slice(0, -1)},"zzz":"1"}`,
    `${line} `,
    `\ufeff${line}`,
    `${line}\r`,
  ];
  return ways[draw(0, ways.length - 1)] as string;
}

/** Everything from `index` on, sealed anew under another key and linked up. */
function underAnotherKey(rows: readonly Row[], index: number): Row[] {
  let prevMac = index === 0 ? ZERO_MAC : parseLine(rowAt(rows, index - 1).line).mac;
  const key = auditKey("another");
  const resealed = rows.slice(index).map(({ line }): Row => {
    const { record } = parseLine(line);
    const { deployment, generation, seq, timestamp_utc } = record;
    const body = encodeRecord(record, { deployment, generation, seq, timestampUtc: timestamp_utc, prevMac });
    prevMac = hmacHex(key, body);
    return { line: lineOf(body, prevMac), origin: null };
  });
  return [...rows.slice(0, index), ...resealed];
}

/** A record of another log at the same place. */
function stranger(rows: readonly Row[], index: number, draw: Draw): Row {
  const { deployment, chain, generation } = parseLine(rowAt(rows, 0).line).record;
  const isOtherDeployment = draw(0, 1) === 1;
  const log = sealLog({
    deployment: isOtherDeployment ? "dother" : deployment,
    chain: isOtherDeployment ? chain : "site:OTHER/999",
    generation,
    size: index + 1,
    key: auditKey(isOtherDeployment ? "other" : "ours"),
    seed: "stranger",
  });
  return rowOf(log[index] as SealedRecord);
}

/** The operators that an attacker without keys has; each says what has to be found. Logs have at least three records. */
export const operators: Readonly<Record<string, (rows: readonly Row[], draw: Draw) => Mutated>> = {
  bit(rows, draw) {
    const at = draw(0, rows.length - 1);
    return { rows: changed(rows, at, flipBit(rowAt(rows, at).line, draw)), expected: { seq: at + 1, kind: "altered" } };
  },
  field(rows, draw) {
    const at = draw(0, rows.length - 1);
    return { rows: changed(rows, at, changeField(rowAt(rows, at).line, draw)), expected: { seq: at + 1, kind: "altered" } };
  },
  "delete-middle"(rows, draw) {
    const at = draw(0, rows.length - 2);
    return { rows: without(rows, at), expected: { seq: at + 1, kind: "missing" } };
  },
  "delete-tail"(rows, draw) {
    const size = draw(1, rows.length - 1);
    return { rows: rows.slice(0, size), expected: { seq: size + 1, kind: "truncated" } };
  },
  "delete-all": () => ({ rows: [], expected: { seq: 1, kind: "truncated" } }),
  insert(rows, draw) {
    const at = draw(0, rows.length);
    return {
      rows: rows.toSpliced(at, 0, {
        line: forged(
          rows.map(({ line }) => line),
          at,
        ),
        origin: null,
      }),
      expected: { seq: at + 1, kind: "inserted" },
    };
  },
  swap(rows, draw) {
    const first = draw(0, rows.length - 2);
    const second = draw(first + 1, rows.length - 1);
    const swapped = rows.with(first, rowAt(rows, second)).with(second, rowAt(rows, first));
    return { rows: swapped, expected: { seq: first + 1, kind: "reordered" } };
  },
  move(rows, draw) {
    const from = draw(1, rows.length - 1);
    const to = draw(0, from - 1);
    return { rows: without(rows, from).toSpliced(to, 0, rowAt(rows, from)), expected: { seq: to + 1, kind: "reordered" } };
  },
  duplicate(rows, draw) {
    const from = draw(0, rows.length - 1);
    const to = draw(0, rows.length);
    return { rows: rows.toSpliced(to, 0, rowAt(rows, from)), expected: { seq: to === from ? to + 2 : to + 1, kind: "inserted" } };
  },
  overwrite(rows, draw) {
    const to = draw(0, rows.length - 1);
    const from = (to + draw(1, rows.length - 1)) % rows.length;
    return { rows: rows.with(to, rowAt(rows, from)), expected: { seq: to + 1, kind: "altered" } };
  },
  "splice-over"(rows, draw) {
    const at = draw(0, rows.length - 1);
    return { rows: rows.with(at, stranger(rows, at, draw)), expected: { seq: at + 1, kind: "foreign" } };
  },
  "splice-in"(rows, draw) {
    const at = draw(0, rows.length);
    return { rows: rows.toSpliced(at, 0, stranger(rows, at, draw)), expected: { seq: at + 1, kind: "foreign" } };
  },
  "splice-all"(rows, draw) {
    const isOther = draw(0, 1);
    const log = rows.map((_, index) => stranger(rows, index, () => isOther));
    return { rows: log, expected: { seq: 1, kind: "foreign" } };
  },
  "re-escape"(rows, draw) {
    const at = draw(0, rows.length - 1);
    return { rows: changed(rows, at, reEscape(rowAt(rows, at).line, draw)), expected: { seq: at + 1, kind: "altered" } };
  },
  "key-change"(rows, draw) {
    const at = draw(0, rows.length - 1);
    return { rows: underAnotherKey(rows, at), expected: { seq: at + 1, kind: "altered" } };
  },
};
