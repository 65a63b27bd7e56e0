import fc from "fast-check";
import { expect, test } from "vitest";
import type { FieldValue } from "./dataset.ts";
import { openDataset } from "./open-dataset.ts";
import { type Form, type Layout, type Sample, textOf } from "./testing/dataset-text.ts";
import { inPieces } from "./testing/in-pieces.ts";

const BLOCK_BYTES = 64 * 1024;
const RUNS = process.env["SALLYPORT_TEST_LONG"] ? 5_000 : 300;

const columns = [
  { name: "STUDYID", type: "string", key: 1 },
  { name: "DOMAIN", type: "string" },
  { name: "USUBJID", type: "string", key: 2 },
  { name: "AESEQ", type: "integer", key: 3 },
  { name: "AETERM", type: "string" },
  { name: "AEVAL", type: "double" },
  { name: "AEFL", type: "boolean" },
  { name: "AEDOSE", type: "decimal" },
  { name: "AESTDTC", type: "datetime" },
];
const isWhole = (text: string): boolean => !/\p{Surrogate}/u.test(text);
const cells = fc.tuple(
  fc.option(fc.oneof(fc.string({ unit: "binary", maxLength: 40 }), fc.constantFrom('"', "\\", '\\\\"', "]", "[[", "},{", "\u2028", "😀", "\ud83d\ude00\u0000")).filter(isWhole)),
  fc.option(fc.double({ noNaN: true, min: -1e9, max: 1e9 }).map((value) => (value === 0 ? 0 : value))),
  fc.option(fc.boolean()),
  fc.option(fc.constantFrom("0", "-1.50", "12345678901234567890.12345678901234567890")),
  fc.option(fc.constantFrom("2031", "2031-02-28T10:30", "--12-15", "")),
);
const sample = fc
  .array(cells, { maxLength: 12 })
  .map((rows): Sample => ({ name: "AE", columns, rows: rows.map((row, at): readonly FieldValue[] => ["SYNTH-01", "AE", `SYN-${at % 4}`, at + 1, ...row]) }));
const layout: fc.Arbitrary<Layout> = fc.record({ isTurned: fc.boolean(), indent: fc.constantFrom(0, 1, 7), isEscaped: fc.boolean() });
const form = fc.constantFrom<Form>("1.0", "1.1", "1.1 in lines");

async function rowsOf(source: () => AsyncIterable<Uint8Array>): Promise<readonly (readonly FieldValue[])[]> {
  const rows: (readonly FieldValue[])[] = [];
  for await (const batch of (await openDataset(source)).rows())
    for (const { row, cells: values } of batch) {
      expect(row).toBe(rows.length + 1);
      rows.push(values);
    }
  return rows;
}

test("any form, any order of members, any white space and any cut of the bytes give the same rows", async () => {
  await fc.assert(
    fc.asyncProperty(sample, form, layout, fc.array(fc.nat({ max: 300 }), { maxLength: 4 }), async (one, inForm, laidOut, sizes) => {
      const text = textOf(one, inForm, laidOut);
      expect(await rowsOf(() => inPieces(text, sizes))).toEqual(one.rows);
    }),
    { numRuns: RUNS },
  );
});

test("a block may end anywhere in a file", async () => {
  await fc.assert(
    fc.asyncProperty(sample, form, layout, fc.nat(), async (one, inForm, laidOut, seed) => {
      const text = textOf(one, inForm, laidOut);
      const before = BLOCK_BYTES - (seed % Buffer.byteLength(text)) - 1;
      expect(await rowsOf(() => inPieces(" ".repeat(before) + text))).toEqual(one.rows);
    }),
    { numRuns: RUNS },
  );
});

test("a value of another type, wherever it is put, is refused at its row and column in every form", async () => {
  const wrong: Readonly<Record<string, readonly [value: unknown, fault: string]>> = {
    STUDYID: [null, "empty"],
    USUBJID: ["", "empty"],
    AESEQ: [1.5, "not an integer"],
    AETERM: [7, "not a text"],
    AEVAL: ["7", "not a number"],
    AEFL: [0, "not true or false"],
    AEDOSE: [{}, "not a decimal number"],
    AESTDTC: ["31.12.2031", "not a date and time"],
  };
  await fc.assert(
    fc.asyncProperty(
      sample.filter(({ rows }) => rows.length > 0),
      form,
      layout,
      fc.nat(),
      fc.constantFrom(...Object.keys(wrong)),
      async (one, inForm, laidOut, seed, name) => {
        const row = seed % one.rows.length;
        const [value, fault] = wrong[name] ?? [];
        const at = columns.findIndex((column) => column.name === name);
        const rows = one.rows.map((row_, index) => (index === row ? row_.map((cell, place) => (place === at ? (value as FieldValue) : cell)) : row_));
        await expect(rowsOf(() => inPieces(textOf({ ...one, rows }, inForm, laidOut)))).rejects.toMatchObject({
          code: "packet.invalid",
          context: { where: [`row ${row + 1}, column ${name}: ${fault}`] },
        });
      },
    ),
    { numRuns: RUNS },
  );
});
