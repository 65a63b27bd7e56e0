import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { SallyportError } from "@sallyport/errors";
import { DatasetFaults } from "./dataset-faults.ts";
import { JsonStream } from "./json-stream.ts";
import { readValue } from "./testing/read-value.ts";

async function refusal(input: string | Uint8Array): Promise<string> {
  try {
    await readValue(input);
  } catch (error) {
    if (error instanceof SallyportError) return [error.code, ...((error.context["where"] as readonly string[] | undefined) ?? [])].join(" ");
    throw error;
  }
  return "taken";
}

test.each<readonly [what: string, text: string, answer: string]>([
  ["a key given twice", '{"a":1,"a":2}', "line 1, column 8: a key is given twice"],
  ["a key given twice, once escaped", '{"a":1,\n "\\u0061":2}', "line 2, column 2: a key is given twice"],
  ["a key given twice in a nested object", '[{"x":{"b":1,"c":2,"b":3}}]', "line 1, column 20: a key is given twice"],
  ["__proto__ as a key", '{"__proto__":{}}', "line 1, column 2: a key is not allowed"],
  ["__proto__ as an escaped key", '{"\\u005f_proto__":{}}', "line 1, column 2: a key is not allowed"],
  ["half of a surrogate pair, escaped", '["\\ud800"]', "line 1, column 8: half of a surrogate pair"],
  ["half of a surrogate pair, then a letter", '["\\ud800a"]', "line 1, column 9: half of a surrogate pair"],
  ["the second half alone", '["\\udc00"]', "line 1, column 3: half of a surrogate pair"],
  ["an integer beyond 2^53", "[9007199254740993]", "line 1, column 2: a number that can't be held exactly"],
  ["a number beyond the doubles", "[1e400]", "line 1, column 2: a number that can't be held exactly"],
  ["more digits than a double has", "[0.12345678901234567890]", "line 1, column 2: a number that can't be held exactly"],
  ["a leading zero", "[01]", "line 1, column 2: a number with a leading zero"],
  ["a comma too many", "[1,]", "line 1, column 4: a value is expected"],
  ["a second value", "{} {}", "line 1, column 4: something follows the value"],
  ["a raw control character", '["a\tb"]', "line 1, column 4: a control character in a string"],
  ["a wrong escape", '["\\x41"]', "line 1, column 3: an escape that is none"],
  ["no end", '["a', "line 1, column 2: a string has no end"],
  ["nothing", "", "line 1, column 1: a value is expected"],
  ["a byte order mark", "\ufeff{}", "line 1, column 1: a value is expected"],
  ["NaN", "[NaN]", "line 1, column 2: a value is expected"],
  ["single quotes", "{'a':1}", "line 1, column 2: a key is expected"],
])("%s is refused, with its place", async (_, text, answer) => {
  expect(await refusal(text)).toBe(`packet.invalid ${answer}`);
});

test("64 levels are read and 65 are refused, as are 100 000", async () => {
  const nested = (levels: number) => "[".repeat(levels) + "]".repeat(levels);
  expect(await refusal(nested(64))).toBe("taken");
  for (const levels of [65, 100_000]) expect(await refusal(nested(levels))).toBe("packet.invalid line 1, column 65: nested too deeply");
  expect(await refusal('{"a":'.repeat(65))).toContain("nested too deeply");
});

test("bytes that are not UTF-8 are refused", async () => {
  for (const bytes of [
    [0x22, 0xff, 0x22],
    [0x22, 0xed, 0xa0, 0x80, 0x22],
    [0x22, 0xc0, 0x80, 0x22],
    [0xef, 0xbb, 0xbf, 0x31],
  ]) {
    expect(await refusal(Uint8Array.from(bytes))).toContain("packet.invalid");
  }
});

test("the same key in two objects is no repetition", async () => {
  expect(await readValue('[{"a":1},{"a":{"a":2}}]')).toEqual([{ a: 1 }, { a: { a: 2 } }]);
});

test("names of Object's own members are ordinary keys", async () => {
  expect(Object.keys((await readValue('{"constructor":1,"toString":2,"hasOwnProperty":3}')) as object)).toEqual(["constructor", "toString", "hasOwnProperty"]);
});

test("a refusal holds nothing of the text", async () => {
  const canary = "CANARY-9d2f";
  for (const text of [`{"${canary}":1,"${canary}":2}`, `["${canary}`, `["${canary}" ${canary}]`, `{"${canary}"}`, `[${canary}]`, `["${canary}\\q"]`]) {
    const error: unknown = await readValue(text).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(SallyportError);
    expect(`${String(error)} ${JSON.stringify(error)} ${(error as Error).stack ?? ""} ${String((error as Error).cause)}`).not.toContain("9d2f");
  }
});

test("a fault's place is counted through all that was read before it", async () => {
  const lines = Array.from({ length: 40_000 }, (_, at) => `  [${at}, "\u00e9"]`);
  expect(await refusal(`[\n${lines.join(",\n")},\n  x]`)).toBe("packet.invalid line 40002, column 3: a value is expected");
});

test("bytes that are no UTF-8 have a place, also far into the text", async () => {
  const before = Buffer.from(`["${"é".repeat(100_000)}",\n"`);
  expect(await refusal(Buffer.concat([before, Buffer.from([0xc3])]))).toBe("packet.invalid line 2, column 2: not UTF-8");
  expect(await refusal(Buffer.concat([before, Buffer.from([0x41, 0xff, 0x41])]))).toBe("packet.invalid line 2, column 3: not UTF-8");
});

test("compressed bytes are refused", async () => {
  expect(await refusal(gzipSync("[1]"))).toBe("packet.invalid line 1, column 1: compressed: send it as it is");
});

test("a step holds no more than it may", async () => {
  let given = 0;
  async function* endless(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('["');
    for (; given < 1_000; given += 1) yield Buffer.alloc(64 * 1024, 0x61);
  }
  const stream = new JsonStream(endless(), new DatasetFaults());
  await expect(stream.step((scanner) => scanner.value(), 1024 * 1024)).rejects.toMatchObject({
    code: "packet.invalid",
    context: { where: ["line 1, column 1: longer than it may be"] },
  });
  expect(given).toBeLessThan(40);
});

test("time grows as the text does, also where it is one value", async () => {
  const textOf = (rows: number) => `[${Array.from({ length: rows }, (_, at) => `["SYNTH-01","DM","SYN-${at}",${at},null,{"a":"\\u00e9","b":1.5}]`).join(",")}]`;
  const timeOf = async (text: string): Promise<number> => {
    let best = Infinity;
    for (let round = 0; round < 3; round += 1) {
      const start = performance.now();
      await readValue(text);
      best = Math.min(best, performance.now() - start);
    }
    return best;
  };
  const [short, long] = [textOf(2_500), textOf(20_000)];
  await timeOf(short);
  expect((await timeOf(long)) / (await timeOf(short))).toBeLessThan(32);
});
