import { expect, test } from "vitest";
import { SallyportError } from "@sallyport/errors";
import { readJson } from "./read-json.ts";

function refusal(input: string | Uint8Array): string {
  try {
    readJson(input);
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
  ["half of a surrogate pair, raw", '["\ud800"]', "line 1, column 3: half of a surrogate pair"],
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
])("%s is refused, with its place", (_, text, answer) => {
  expect(refusal(text)).toBe(`packet.invalid ${answer}`);
});

test("64 levels are read and 65 are refused, as are 100 000", () => {
  const nested = (levels: number) => "[".repeat(levels) + "]".repeat(levels);
  expect(refusal(nested(64))).toBe("taken");
  for (const levels of [65, 100_000]) expect(refusal(nested(levels))).toBe("packet.invalid line 1, column 65: nested too deeply");
  expect(refusal('{"a":'.repeat(65))).toContain("nested too deeply");
});

test("bytes that are not UTF-8 are refused", () => {
  for (const bytes of [
    [0x22, 0xff, 0x22],
    [0x22, 0xed, 0xa0, 0x80, 0x22],
    [0x22, 0xc0, 0x80, 0x22],
    [0xef, 0xbb, 0xbf, 0x31],
  ]) {
    expect(refusal(Uint8Array.from(bytes))).toContain("packet.invalid");
  }
});

test("more than the limit is refused before it is read", () => {
  expect(() => readJson("[1,2,3]", { bytesMax: 6 })).toThrow("input.too_large");
  expect(readJson("[1,2,3]", { bytesMax: 7 })).toEqual([1, 2, 3]);
});

test("the same key in two objects is no repetition", () => {
  expect(readJson('[{"a":1},{"a":{"a":2}}]')).toEqual([{ a: 1 }, { a: { a: 2 } }]);
});

test("names of Object's own members are ordinary keys", () => {
  expect(Object.keys(readJson('{"constructor":1,"toString":2,"hasOwnProperty":3}') as object)).toEqual(["constructor", "toString", "hasOwnProperty"]);
});

test("a refusal holds nothing of the text", () => {
  const canary = "CANARY-9d2f";
  for (const text of [`{"${canary}":1,"${canary}":2}`, `["${canary}`, `["${canary}" ${canary}]`, `{"${canary}"}`, `[${canary}]`, `["${canary}\\q"]`]) {
    expect(() => readJson(text)).toThrow(SallyportError);
    try {
      readJson(text);
    } catch (error) {
      expect(`${String(error)} ${JSON.stringify(error)} ${(error as Error).stack ?? ""} ${String((error as Error).cause)}`).not.toContain("9d2f");
    }
  }
});

test("time grows as the text does", () => {
  const textOf = (rows: number) => `[${Array.from({ length: rows }, (_, at) => `["SYNTH-01","DM","SYN-${at}",${at},null,{"a":"\\u00e9","b":1.5}]`).join(",")}]`;
  const timeOf = (text: string) =>
    Math.min(
      ...[1, 2, 3].map(() => {
        const start = performance.now();
        readJson(text);
        return performance.now() - start;
      }),
    );
  const [short, long] = [textOf(10_000), textOf(80_000)];
  timeOf(short);
  expect(timeOf(long) / timeOf(short)).toBeLessThan(32);
});
