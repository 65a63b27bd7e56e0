import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { deepOperators, halfOf, markOf, onUnsigned } from "./testing/deep-operators.ts";
import { type Mutated, operators, type Row, rowOf } from "./testing/mutations.ts";
import { auditKey, sealLog } from "./testing/sealed-log.ts";
import { type Break, DeepVerifier, type Mark, type SealedRecord, ZERO_MAC } from "./index.ts";

const RUNS = Number(process.env["SALLYPORT_TEST_LONG"] ? 100_000 : 1_000);
const log = { deployment: "dabcdefghijkl", chain: "site:STUDY/701", generation: 1, key: auditKey("ours") };
const bases = Array.from({ length: 10 }, (_, index) => sealLog({ ...log, size: 3 + index * 3, seed: `base ${index}` }));

const aBase = fc.nat({ max: bases.length - 1 }).map((index) => bases[index] as SealedRecord[]);

const marksOf = (records: readonly SealedRecord[], sizes: readonly number[]): Mark[] => sizes.map((size) => ({ size, mac: records[size - 1]?.mac ?? ZERO_MAC }));

function verify(records: readonly SealedRecord[], marks: readonly Mark[], head?: Mark): Break | null {
  const verifier = new DeepVerifier({ ...log, auditKey: log.key, marks });
  for (const record of records) verifier.push(record);
  return verifier.end(head);
}

/** The rows as they would stand in the table: with the columns of the record, or made to fit the place. */
function stored(rows: readonly Row[], columns: "own" | "fitted"): SealedRecord[] {
  let before = ZERO_MAC;
  return rows.map(({ line, origin }, index) => {
    const mac = /"mac":"([^"]*)",/.exec(line)?.[1] ?? "";
    const body = line.replace(/"mac":"[^"]*",/, "");
    const own = columns === "own" && origin !== null ? origin : { chain: log.chain, generation: log.generation, seq: index + 1, prevMac: before };
    before = mac;
    return { chain: own.chain, generation: own.generation, seq: own.seq, prevMac: own.prevMac, mac, body };
  });
}

describe("a log with its head pinned", () => {
  const names = Object.keys(operators);
  test(`${names.length} kinds of change, at random, are all found at the first bad record and called by their name`, () => {
    fc.assert(
      fc.property(fc.constantFrom(...names), aBase, fc.constantFrom("own", "fitted"), fc.infiniteStream(fc.nat()), (name, records, columns, stream) => {
        const draw = (min: number, max: number): number => min + (Number(stream.next().value) % (max - min + 1));
        const { rows, expected }: Mutated = (operators[name] as (typeof operators)[string])(records.map(rowOf), draw);
        const marks = marksOf(records, [Math.ceil(records.length / 2), records.length]);
        expect(verify(stored(rows, columns as "own" | "fitted"), marks)).toMatchObject({ chain: log.chain, generation: 1, ...expected });
      }),
      { numRuns: RUNS },
    );
  }, 3_600_000);

  const attacks = Object.keys(deepOperators);
  test(`${attacks.length} attacks on the tables, some with the audit key, at random, are all found at the first bad record and called by their name`, () => {
    fc.assert(
      fc.property(fc.constantFrom(...attacks), fc.nat({ max: bases.length - 3 }), fc.infiniteStream(fc.nat()), (name, number, stream) => {
        const records = bases[number + 2] as SealedRecord[];
        const draw = (min: number, max: number): number => min + (Number(stream.next().value) % (max - min + 1));
        const marked = onUnsigned.has(name) ? halfOf(records) : records.length;
        const { records: stands, head, expected } = (deepOperators[name] as (typeof deepOperators)[string]).attack(records, marked, draw);
        expect(verify(stands, [markOf(records, halfOf(records)), markOf(records, marked)], head)).toMatchObject(expected);
      }),
      { numRuns: RUNS },
    );
  }, 3_600_000);

  test("a log that was put back and continued with the right key is rolled back", () => {
    fc.assert(
      fc.property(aBase, fc.nat(), fc.nat({ max: 5 }), (records, at, more) => {
        const kept = records.slice(0, at % records.length);
        const continued = sealLog({ ...log, size: records.length + more, seed: "after a restore", after: kept });
        expect(verify(continued, marksOf(records, [records.length]))).toMatchObject({ seq: records.length, kind: "rolled back" });
      }),
      { numRuns: RUNS / 10 },
    );
  }, 3_600_000);

  test("a record that the custodian sealed twice, on two predecessors or on one, is a fork", () => {
    fc.assert(
      fc.property(aBase, fc.nat(), fc.boolean(), (records, at, isSibling) => {
        const index = 1 + (at % (records.length - 1));
        const other = sealLog({ ...log, size: index + 1, seed: "other branch", after: records.slice(0, index - (isSibling ? 0 : 1)) })[index] as SealedRecord;
        const forked = isSibling ? records.toSpliced(index + 1, 0, other) : records.with(index, other);
        const marks = marksOf(records, [records.length]);
        expect(verify(forked, marks)).toMatchObject({ seq: index + 1, kind: "forked" });
        expect(verify(stored(forked.map(rowOf), "fitted"), marks)).toMatchObject({ seq: index + 1, kind: "forked" });
      }),
      { numRuns: RUNS / 10 },
    );
  }, 3_600_000);

  test("an honest log, of any size and with any marks, gives no alarm", () => {
    fc.assert(
      fc.property(aBase, fc.array(fc.nat(), { maxLength: 5 }), fc.nat(), (records, sizes, length) => {
        const prefix = records.slice(0, length % (records.length + 1));
        const marks = marksOf(
          records,
          sizes.map((size) => size % (prefix.length + 1)),
        );
        expect(verify(prefix, marks, { size: prefix.length, mac: prefix.at(-1)?.mac ?? ZERO_MAC })).toBeNull();
      }),
      { numRuns: RUNS },
    );
  }, 3_600_000);
});
