import { existsSync, readFileSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { SallyportError } from "@sallyport/errors";
import type { FieldValue } from "./dataset.ts";
import type { DatasetLimits } from "./dataset-file.ts";
import { openDataset } from "./open-dataset.ts";
import { type Form, type Sample, textOf } from "./testing/dataset-text.ts";
import { inPieces } from "./testing/in-pieces.ts";

const PLAIN = { isTurned: false, indent: 0, isEscaped: false };
const FORMS: readonly Form[] = ["1.0", "1.1", "1.1 in lines"];
const COLUMNS = ["STUDYID", "DOMAIN", "USUBJID", "SUBJID", "SITEID", "ARM"].map((name) => ({ name, type: "string" }));
const person = (at: number): readonly FieldValue[] => ["SYNTH-01", "DM", `SYN-${at}`, `${at}`, "N01", "é😀"];
const sample = (rows: readonly (readonly FieldValue[])[]): Sample => ({ name: "DM", columns: COLUMNS, rows });

interface Outcome {
  readonly rows: readonly (readonly FieldValue[])[];
  /** Null where all of it was taken. */
  readonly where: readonly string[] | null;
}

/** What comes of a file: rows, or places; anything else fails the test. */
async function read(source: string | Uint8Array | (() => AsyncIterable<Uint8Array>), limits?: DatasetLimits): Promise<Outcome> {
  const rows: (readonly FieldValue[])[] = [];
  try {
    const opened = await openDataset(typeof source === "function" ? source : () => inPieces(source), limits);
    for await (const batch of opened.rows()) rows.push(...batch.map(({ cells }) => cells));
    return { rows, where: null };
  } catch (error) {
    if (!(error instanceof SallyportError) || error.code !== "packet.invalid") throw error;
    const where = error.context["where"] as readonly string[];
    expect(where.length).toBeGreaterThan(0);
    return { rows, where };
  }
}

test.each(FORMS)("a file of %s that ends at any byte but its last is refused, with a place", async (form) => {
  for (const isTurned of [false, true]) {
    const bytes = Buffer.from(textOf(sample([person(1), person(2)]), form, { ...PLAIN, isTurned }).trimEnd());
    expect((await read(bytes)).where).toBeNull();
    for (let end = 0; end < bytes.length; end += 1) expect((await read(bytes.subarray(0, end))).where, `${end} bytes`).not.toBeNull();
  }
});

test.each(FORMS)("a byte that follows a file of %s, or one that is missing, is refused", async (form) => {
  const text = textOf(sample([person(1)]), form, PLAIN).trimEnd();
  expect((await read(`${text}\n`)).where).toBeNull();
  for (const more of ["]", "}", "{}", "\n{}", "\n[]", "\n[1]", "\n\n[]", ",", "\u0000", "null"]) expect((await read(text + more)).where, JSON.stringify(more)).not.toBeNull();
});

test("rows on lines are on a line each, and nothing else is", async () => {
  const [head = "", ...rows] = textOf(sample([person(1), person(2)]), "1.1 in lines", PLAIN).split("\n");
  const lines = rows.join("\n");
  expect((await read(`${head}\n${lines}`)).where).toBeNull();
  expect((await read(`${head} \r\n${lines}\t\r\n`)).where).toBeNull();
  expect((await read(`${head}\n\n${lines}`)).where).toEqual(["line 3, column 1: something follows the value"]);
  expect((await read(`${head}${lines}`)).where).toEqual([`line 1, column ${head.length + 1}: something follows the value`]);
  expect((await read(`${JSON.stringify(JSON.parse(head), null, 1)}\n${lines}`)).where?.[0]).toContain("something follows the value");
  expect((await read(`${head}\n${rows.join("\n\n")}`)).where).toEqual(["row 2 (line 3, column 1): a value is expected"]);
  expect((await read(`${head}\n${rows.join(",\n")}`)).where?.[0]).toMatch(/^row 1 .*: the end of the line is expected$/);
  expect((await read(`${head}\n${rows.join("")}`)).where?.[0]).toMatch(/^row 1 .*: the end of the line is expected$/);
  expect((await read(`${head}\n${(rows[0] ?? "").replace(",", ",\n")}\n${rows[1] ?? ""}`)).where?.[0]).toMatch(/^row 1 .*: a row on more than one line$/);
  expect((await read(`${head}\n[${lines.replace("\n", ",")}]`)).where).not.toBeNull();
});

test.each<readonly [what: string, text: string, where: string]>([
  ["10 000 lists in each other", "[".repeat(10_000), "line 1, column 1: an object is expected"],
  ["10 000 objects in each other", '{"a":'.repeat(10_000), "line 1, column 321: nested too deeply"],
  ["a cell 10 000 deep", textOf(sample([person(1)]), "1.1", PLAIN).replace('"é😀"', `${"[".repeat(10_000)}${"]".repeat(10_000)}`), ": nested too deeply"],
  ["a key twice in a column", textOf(sample([person(1)]), "1.1", PLAIN).replace('"label":"ARM"', '"label":"ARM","l\\u0061bel":"ARM"'), ": a key is given twice"],
  ["columns twice", textOf(sample([person(1)]), "1.1", PLAIN).replace(/\}$/, ',"columns":[]}'), ": a key is given twice"],
  ["rows twice", textOf(sample([person(1)]), "1.1", PLAIN).replace(/\}$/, ',"rows":[]}'), ": a key is given twice"],
  [
    "rows in the places of both versions",
    textOf(sample([person(1)]), "1.1", PLAIN).replace(/\}$/, ',"clinicalData":{"itemGroupData":{"DM":{"itemData":[]}}}}'),
    "the file: has rows in two places",
  ],
  ["two datasets", textOf(sample([person(1)]), "1.0", PLAIN).replace(/\}\}\}\}$/, '},"AE":{}}}}'), "itemGroupData: has not exactly one dataset"],
  [
    "a member that comes late and isn't the standard's",
    textOf(sample([person(1)]), "1.1", PLAIN).replace(/\}$/, ',"more":1}'),
    "the file: has a member that the standard doesn't have",
  ],
  ["__proto__ in a cell", textOf(sample([person(1)]), "1.1", PLAIN).replace('"é😀"', '{"__proto__":{}}'), ": a key is not allowed"],
  ["half a pair in a cell", textOf(sample([person(1)]), "1.1", PLAIN).replace('"é😀"', '"\\ud83d"'), ": half of a surrogate pair"],
  ["a number that no double holds in a cell", textOf(sample([person(1)]), "1.1", PLAIN).replace('"é😀"', "12345678901234567890"), ": a number that can't be held exactly"],
  ["1e999 in a cell", textOf(sample([person(1)]), "1.1", PLAIN).replace('"é😀"', "1e999"), ": a number that can't be held exactly"],
  ["nothing", "", "line 1, column 1: an object is expected"],
  ["rows that are no list", textOf(sample([]), "1.1", PLAIN).replace('"rows":[]', '"rows":null'), "rows: not a list"],
])("%s is refused, with its place", async (_, text, where) => {
  expect(((await read(text)).where ?? [])[0]).toContain(where);
});

test("a row's fault in the form of the text is told with the row, and after the faults that were found before it", async () => {
  const text = textOf(sample([person(1), ["SYNTH-01", "DM", "SYN-2", "2", "", ""], person(3)]), "1.1 in lines", PLAIN);
  expect((await read(text.replace('"SYN-3"', "SYN-3"))).where).toEqual(["row 2, column SITEID: empty", "row 3 (line 4, column 18): a value is expected"]);
});

test("compressed bytes are refused as such", async () => {
  const text = textOf(sample([person(1)]), "1.1", PLAIN);
  expect((await read(gzipSync(text))).where).toEqual(["line 1, column 1: compressed: send it as it is"]);
  const bytes = Buffer.from(text);
  bytes[bytes.indexOf("é") + 1] = 0xff;
  expect((await read(bytes)).where?.[0]).toMatch(/^row 1 \(.*\): not UTF-8$/);
});

test("a source that changes between the two readings is refused", async () => {
  const texts = [
    textOf(sample([person(1)]), "1.1", PLAIN),
    textOf({ ...sample([person(1)]), columns: COLUMNS.map((one) => ({ ...one, key: COLUMNS.indexOf(one) + 1 })) }, "1.1", PLAIN),
  ];
  expect((await read(() => inPieces(texts.shift() ?? ""))).where).toEqual(["the file: changed while it was read"]);
});

test("no row is handed out beside a wrong one, nor after it", async () => {
  const many = (wrong: number) => sample(Array.from({ length: 1_700 }, (_, at) => person(at + 1 === wrong ? 1 : at + 1)));
  for (const [wrong, handedOut] of [
    [1_000, 500],
    [1_001, 1_000],
    [1_700, 1_500],
  ] as const) {
    const { rows, where } = await read(textOf(many(wrong), "1.1", PLAIN));
    expect(where).toEqual([`row ${wrong}, column USUBJID: the subject is named in an earlier row`]);
    expect(rows).toHaveLength(handedOut);
  }
});

test("rows beyond the number of records are not read to their end", async () => {
  let pieces = 0;
  async function* endless(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(textOf(sample([person(1)]), "1.1 in lines", PLAIN));
    for (; pieces < 10_000; pieces += 1) yield Buffer.from(`\n${JSON.stringify(person(pieces + 2))}`.repeat(1));
  }
  expect((await read(endless)).where).toEqual(["records: not the number of rows"]);
  expect(pieces).toBeLessThan(5_000);
});

test("a row, or a head, that has no end is refused before it fills the memory", async () => {
  const head = textOf(sample([person(1)]), "1.1", PLAIN).replace(/\[\[.*$/, "[");
  for (const [before, where] of [
    [`${head}["`, /^row 1 .*: longer than it may be$/],
    [`${head}[`, /^row 1 .*: (longer than it may be|a value is expected)$/],
    [head, /: (longer than it may be|a value is expected)$/],
    ['{"fileOID":"', /^line 1, column \d+: longer than it may be$/],
    ["", /^(line 1, column 1: an object is expected|.*longer than it may be|the file: has more besides its rows than is read)$/],
  ] as const) {
    for (const filling of ["a", " "]) {
      let given = 0;
      const place = await read(async function* () {
        yield Buffer.from(before);
        for (given = 0; given < 1_000; given += 1) yield Buffer.alloc(64 * 1024, filling);
      });
      expect(place.where?.[0]).toMatch(where);
      expect(given).toBeLessThan(50);
    }
  }
});

test("a row just within the limit is taken, and one beyond it is not, wherever it lies", async () => {
  const row = (long: number) => [...person(1).slice(0, 5), "a".repeat(long)];
  const spare = JSON.stringify(row(0)).length;
  for (const before of [0, 30_000, 65_000]) {
    const text = (long: number) => " ".repeat(before) + textOf(sample([row(long)]), "1.1", PLAIN);
    expect((await read(text(5_000 - spare), { rowMax: 5_000 })).where).toBeNull();
    expect((await read(text(5_001 - spare), { rowMax: 5_000 })).where?.[0]).toMatch(/^row 1 .*: longer than it may be$/);
  }
});

test("whatever else waits has its turn while a file is read", async () => {
  const text = textOf(sample(Array.from({ length: 20_000 }, (_, at) => person(at))), "1.1", PLAIN);
  let turns = 0;
  let isReading = true;
  const waiting = (async () => {
    for (; isReading; turns += 1) await setImmediate();
  })();
  expect((await read(text)).where).toBeNull();
  isReading = false;
  await waiting;
  expect(turns).toBeGreaterThanOrEqual(Math.floor(text.length / (64 * 1024)));
});

const file = new URL("../../../../shared/vectors/blns/blns.json", import.meta.url);
describe.skipIf(!existsSync(file))(existsSync(file) ? "the naughty strings" : "the naughty strings (skipped: ../shared/vectors is not there)", () => {
  const naughty = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as readonly string[]) : [];

  test.each(FORMS)("each is held exactly, or refused at its place, in every text field of %s", async (form) => {
    let held = 0;
    for (const [at, { name }] of COLUMNS.entries()) {
      for (const text of naughty) {
        const row = person(1).map((cell, index) => (index === at ? text : cell));
        const { rows, where } = await read(textOf(sample([row]), form, PLAIN));
        if (where === null) expect(rows).toEqual([row]);
        else expect(where).toEqual([expect.stringMatching(new RegExp(`^row 1, column ${name}: (empty|not spelled as it must be)$`))]);
        held += where === null ? 1 : 0;
      }
      if (name === "ARM") expect(held).toBeGreaterThan(500);
    }
  });

  test("each is held exactly, or refused, as a label, and refused as the name of something else", async () => {
    for (const text of naughty) {
      const one = JSON.parse(textOf(sample([person(1)]), "1.1", PLAIN)) as Record<string, unknown>;
      const labelled = await openDataset(() => inPieces(JSON.stringify({ ...one, label: text }))).then(
        ({ head }) => head.label,
        () => null,
      );
      expect([text, null]).toContain(labelled);
      if (labelled === null) expect(text.length).toBeGreaterThan(200);
      if (text !== "DM") expect((await read(JSON.stringify({ ...one, name: text }))).where).not.toBeNull();
      expect((await read(JSON.stringify({ ...one, [text]: 1 }))).where).not.toBeNull();
    }
  });
});
