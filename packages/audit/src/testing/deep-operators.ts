import { hmacHex } from "@sallyport/crypto";
import { type BreakKind, type Mark, parseBody, encodeRecord, type SealedRecord, ZERO_MAC } from "../index.ts";
import type { DeepDefence } from "../defence.ts";
import { type Draw, operators, rowOf } from "./mutations.ts";
import { auditKey, sealLog } from "./sealed-log.ts";

/** What stands in the tables after an attack, head included, and what a verifier with the key must say. */
interface Attacked {
  readonly records: readonly SealedRecord[];
  readonly head: Mark;
  readonly expected: { readonly seq: number; readonly kind: BreakKind };
}

/** One attack on a generation's rows: what finds it, each by itself, and nothing else. */
export interface DeepOperator {
  readonly caughtBy: readonly DeepDefence[];
  /** `records`: at least eight, of which the custodian has marked the half and `marked`; that is below the end for attacks on what it hasn't marked yet. */
  readonly attack: (records: readonly SealedRecord[], marked: number, draw: Draw) => Attacked;
}

export const deepLog = { deployment: "dabcdefghijkl", chain: "site:STUDY/701", generation: 1, key: auditKey("ours") };

export const markOf = (records: readonly SealedRecord[], size: number): Mark => ({ size, mac: records[size - 1]?.mac ?? ZERO_MAC });
const headOf = (records: readonly SealedRecord[]): Mark => markOf(records, records.length);
const at = (records: readonly SealedRecord[], index: number): SealedRecord => records[index] as SealedRecord;

/** The rows as whoever may write the tables leaves them: columns that fit the place, and a head that fits the last row. */
function fitted(records: readonly Pick<SealedRecord, "body" | "mac">[]): SealedRecord[] {
  let prevMac = ZERO_MAC;
  return records.map(({ body, mac }, index) => {
    const row = { chain: deepLog.chain, generation: deepLog.generation, seq: index + 1, prevMac, mac, body };
    prevMac = mac;
    return row;
  });
}

const found = (records: readonly Pick<SealedRecord, "body" | "mac">[], seq: number, kind: BreakKind): Attacked => {
  const rows = fitted(records);
  return { records: rows, head: headOf(rows), expected: { seq, kind } };
};

/** What `operators` does to lines, done to rows. */
const asRows = (name: string, records: readonly SealedRecord[], draw: Draw): Attacked => {
  const { rows, expected } = (operators[name] as (typeof operators)[string])(records.map(rowOf), draw);
  const split = rows.map(({ line }) => ({ mac: /"mac":"([^"]*)",/.exec(line)?.[1] ?? "", body: line.replace(/"mac":"[^"]*",/, "") }));
  return found(split, expected.seq, expected.kind);
};

/** A body with another reason, well spelled. */
const worded = (body: string): string => body.replace(/"reason":"[^"]*"/, '"reason":"another_rule"');

/** Seals what a record says at another number, after another record or for another chain: for this one needs the audit key. */
function resealed(record: SealedRecord, place: { readonly seq?: number; readonly prevMac?: string; readonly chain?: string }): Pick<SealedRecord, "body" | "mac"> {
  const said = parseBody(record.body);
  const { seq = said.seq, prevMac = said.prev_mac, chain = said.chain } = place;
  const draft = { ...said, chain, site: chain.slice("site:".length) };
  const body = encodeRecord(draft, { deployment: said.deployment, generation: said.generation, seq, timestampUtc: said.timestamp_utc, prevMac });
  return { body, mac: hmacHex(deepLog.key, body) };
}

/** Half of a log is marked in any case. */
export const halfOf = (records: readonly unknown[]): number => Math.floor(records.length / 2);

/** An index of which neither it nor the next is first, last or marked. */
function middle(records: readonly SealedRecord[], draw: Draw): number {
  const half = halfOf(records);
  const free = records.flatMap((_, index) => (index === 0 || index + 2 >= records.length || index + 1 === half || index + 2 === half ? [] : [index]));
  return free[draw(0, free.length - 1)] as number;
}

/**
 * Attacks by whoever may write the tables, and at the end by whoever has the audit key too. Each is shown to be found by every one of its
 * defences alone, and by none of the others (defences.test.ts).
 */
export const deepOperators: Readonly<Record<string, DeepOperator>> = {
  field: {
    caughtBy: ["mac"],
    attack: (records, _, draw) => {
      const index = draw(0, records.length - 1);
      return found(records.with(index, { ...at(records, index), body: worded(at(records, index).body) }), index + 1, "altered");
    },
  },
  bit: {
    caughtBy: ["mac"],
    attack: (records, _, draw) => {
      const index = draw(0, records.length - 1);
      const { body } = at(records, index);
      const bytes = Buffer.from(body, "latin1");
      const place = body.indexOf('"principal":"') + '"principal":"'.length + draw(0, 9);
      bytes.writeUInt8(bytes.readUInt8(place) ^ (1 << draw(0, 6)), place);
      return found(records.with(index, { ...at(records, index), body: bytes.toString("latin1") }), index + 1, "altered");
    },
  },
  "re-escape": {
    caughtBy: ["mac"],
    attack: (records, _, draw) => {
      const index = draw(0, records.length - 1);
      const { body } = at(records, index);
      const ways = [
        body.replace('"reason":"', '"reason":"x","reason":"'),
        body.replace('"v":1', '"v": 1'),
        `${body.slice(0, -1)},"zzz":"1"}`,
        body.replace('"svc_', '"\\u0073vc_'),
      ];
      return found(records.with(index, { ...at(records, index), body: ways[draw(0, 3)] as string }), index + 1, "altered");
    },
  },
  "delete-middle": {
    caughtBy: ["link", "seq", "mark"],
    attack: (records, _, draw) => {
      const index = draw(0, records.length - 2);
      return found(records.toSpliced(index, 1), index + 1, "missing");
    },
  },
  "delete-tail, the head with it": {
    caughtBy: ["mark"],
    attack: (records, _, draw) => {
      const size = draw(1, records.length - 1);
      return found(records.slice(0, size), size + 1, "rolled back");
    },
  },
  "delete-tail": {
    caughtBy: ["mark", "head"],
    attack: (records, _, draw) => {
      const size = draw(1, records.length - 1);
      return { records: records.slice(0, size), head: headOf(records), expected: { seq: size + 1, kind: "truncated" } };
    },
  },
  "delete-all": { caughtBy: ["mark"], attack: () => ({ records: [], head: { size: 0, mac: ZERO_MAC }, expected: { seq: 1, kind: "rolled back" } }) },
  insert: { caughtBy: ["mac", "link", "seq", "mark"], attack: (records, _, draw) => asRows("insert", records, () => draw(0, records.length - 2)) },
  swap: {
    caughtBy: ["link", "seq"],
    attack: (records, _, draw) => {
      const index = middle(records, draw);
      return found(records.with(index, at(records, index + 1)).with(index + 1, at(records, index)), index + 1, "reordered");
    },
  },
  duplicate: {
    caughtBy: ["link", "seq", "mark"],
    attack: (records, _, draw) => {
      const index = draw(0, records.length - 2);
      return found(records.toSpliced(index + 1, 0, at(records, index)), index + 2, "inserted");
    },
  },
  splice: {
    caughtBy: ["origin", "link"],
    attack: (records, _, draw) => {
      const index = middle(records, draw);
      const other = sealLog({ ...deepLog, chain: "site:OTHER/999", size: index + 1, seed: "stranger" });
      return found(records.with(index, at(other, index)), index + 1, "foreign");
    },
  },
  "splice-all": {
    caughtBy: ["origin", "mark"],
    attack: (records) => found(sealLog({ ...deepLog, chain: "site:OTHER/999", size: records.length, seed: "stranger" }), 1, "foreign"),
  },
  "key-change": { caughtBy: ["mac", "mark"], attack: (records, _, draw) => asRows("key-change", records, () => draw(0, records.length - 1)) },
  columns: {
    caughtBy: ["columns"],
    attack: (records, _, draw) => {
      const index = draw(0, records.length - 1);
      const row = at(records, index);
      const ways = [{ seq: row.seq + 1 }, { prevMac: "f".repeat(64) }, { chain: "site:OTHER/999" }, { generation: 2 }];
      return { records: records.with(index, { ...row, ...ways[draw(0, 3)] }), head: headOf(records), expected: { seq: index + 1, kind: "altered" } };
    },
  },
  head: {
    caughtBy: ["head"],
    attack: (records) => ({ records, head: { size: records.length, mac: "f".repeat(64) }, expected: { seq: records.length, kind: "altered" } }),
  },
  "unsigned tail": {
    caughtBy: ["head"],
    attack: (records, marked, draw) => {
      const size = draw(marked, records.length - 1);
      return { records: records.slice(0, size), head: headOf(records), expected: { seq: size + 1, kind: "truncated" } };
    },
  },
  "rollback, continued with the key": {
    caughtBy: ["mark"],
    attack: (records, _, draw) =>
      found(
        sealLog({ ...deepLog, size: records.length, seed: "after a restore", after: records.slice(0, draw(halfOf(records), records.length - 1)) }),
        records.length,
        "rolled back",
      ),
  },
  "fork, sealed with the key": {
    caughtBy: ["link"],
    attack: (records, _, draw) => {
      const index = middle(records, draw);
      const branch = sealLog({ ...deepLog, size: index + 1, seed: "another branch", after: records.slice(0, index) });
      return found(records.with(index, at(branch, index)), index + 2, "forked");
    },
  },
  "a number skipped, sealed with the key": {
    caughtBy: ["seq"],
    attack: (records, marked) => {
      let prevMac = at(records, marked - 1).mac;
      const later = records.slice(marked).map((record) => {
        const sealed = resealed(record, { seq: record.seq + 1, prevMac });
        prevMac = sealed.mac;
        return sealed;
      });
      return found([...records.slice(0, marked), ...later], marked + 1, "missing");
    },
  },
  "another chain's, sealed with the key": {
    caughtBy: ["origin"],
    attack: (records) => found([...records.slice(0, -1), resealed(at(records, records.length - 1), { chain: "site:OTHER/999" })], records.length, "foreign"),
  },
};

/** Attacks on what the custodian hasn't marked yet; all others are on a log that is marked at its end. */
export const onUnsigned: ReadonlySet<string> = new Set(["unsigned tail", "a number skipped, sealed with the key", "another chain's, sealed with the key"]);
