import { lineOf } from "@sallyport/audit";
import { codeOf } from "@sallyport/errors";
import { expect, test } from "vitest";
import { copyLines } from "./copy-lines.ts";

const int = (value: number, bytes: 2 | 4): Buffer => {
  const buffer = Buffer.alloc(bytes);
  buffer.writeIntBE(value, 0, bytes);
  return buffer;
};
const column = (bytes: Buffer | null): Buffer => (bytes === null ? int(-1, 4) : Buffer.concat([int(bytes.length, 4), bytes]));
const row = (mac: Buffer | null, body: string | null): Buffer => Buffer.concat([int(2, 2), column(mac), column(body === null ? null : Buffer.from(body, "latin1"))]);
const HEADER = Buffer.concat([Buffer.from("PGCOPY\n\xff\r\n\0", "latin1"), Buffer.alloc(8)]);
const copyOf = (...rows: readonly Buffer[]): Buffer => Buffer.concat([HEADER, ...rows, int(-1, 2)]);

async function* inChunks(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
}
async function linesIn(bytes: Buffer, size: number): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const page of copyLines(inChunks(bytes, size))) {
    expect(page.ends.at(-1)).toBe(page.bytes.length);
    lines.push(...page.ends.map((end, at) => page.bytes.toString("latin1", page.ends[at - 1] ?? 0, end)));
  }
  return lines;
}

const bodies = [
  '{"action":"a","policy":"v1","seq":1}',
  '{"detail":"x","policy":"","seq":12345,"site":"S/701"}',
  // Tampered with: a line's end inside, and what stands behind a MAC a second time.
  '{"a":"\n\u00ff","policy":"v1","b":1,"policy":"v2"}',
  ',"policy":"',
];
const macs = bodies.map((_, at) => Buffer.alloc(32, 0x1f * (at + 1)));
const whole = copyOf(...bodies.map((body, at) => row(macs[at] ?? null, body)));

test("lines are the rows' bytes with the MAC in its place, however the rows are cut up on their way", async () => {
  const expected = bodies.map((body, at) => `${lineOf(body, macs[at]?.toString("hex") ?? "")}\n`);
  for (let size = 1; size <= whole.length; size += 1) expect(await linesIn(whole, size)).toEqual(expected);
  expect(await linesIn(copyOf(), 7)).toEqual([]);
});

test.each([
  ["a row without a MAC", row(null, bodies[0] ?? ""), "trail.unrepresentable"],
  ["one with a shorter MAC", row(Buffer.alloc(31), bodies[0] ?? ""), "trail.unrepresentable"],
  ["one without a body", row(Buffer.alloc(32), null), "trail.unrepresentable"],
  [
    "one whose body has no place for a MAC, before one that has",
    Buffer.concat([row(Buffer.alloc(32), '{"seq":1}'), row(Buffer.alloc(32), bodies[0] ?? "")]),
    "trail.unrepresentable",
  ],
  ["one whose place is cut off by its end", Buffer.concat([row(Buffer.alloc(32), '{"a":1,"polic'), Buffer.from('y":"')]), "trail.unrepresentable"],
  ["another number of columns", Buffer.concat([int(3, 2), column(Buffer.alloc(32)), column(Buffer.from(bodies[0] ?? "")), column(null)]), "trail.unrepresentable"],
])("%s is no line", async (_what, bad, code) => {
  expect(await linesIn(copyOf(bad), 64).catch(codeOf)).toBe(code);
});

test("rows that end before they should are no export", async () => {
  for (const cut of [1, 3, 20]) expect(await linesIn(whole.subarray(0, -cut), 64).catch(codeOf)).toBe("service.unavailable");
});
