import { deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { canaries } from "./canary.ts";
import { findCanaries } from "./leak-scanner.ts";
import { seededBytes } from "./seeded-bytes.ts";

const planted = canaries(50, "leak scanner");
const target = planted[7] ?? "";
const noise = (length: number): Buffer => seededBytes("noise")(length);
const around = (bytes: Buffer): Buffer => Buffer.concat([noise(1001), bytes, noise(502)]);
const foundIn = (bytes: Buffer): readonly string[] => [...new Set(findCanaries(around(bytes), planted).map((leak) => leak.canary))];
const layersIn = (bytes: Buffer): readonly string[] => findCanaries(around(bytes), planted).map((leak) => leak.layers.join(" "));
const escaped = (text: string, mark: (code: number) => string): Buffer =>
  Buffer.from(
    text
      .split("")
      .map((letter) => mark(letter.charCodeAt(0)))
      .join(""),
  );
const zipEntry = (name: string, bytes: Buffer): Buffer => {
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(8, 8);
  header.writeUInt16LE(name.length, 26);
  return Buffer.concat([header, Buffer.from(name), deflateRawSync(bytes)]);
};

describe("canaries", () => {
  test("are distinct, printable ASCII and the same for one seed", () => {
    expect(new Set(planted).size).toBe(50);
    expect(planted.every((value) => /^canary-[0-9a-z]{20}$/.test(value))).toBe(true);
    expect(canaries(50, "leak scanner")).toEqual(planted);
    expect(canaries(50, "another")).not.toEqual(planted);
  });
});

describe("findCanaries", () => {
  const text = Buffer.from(`row 17: ${target}; end`);
  const forms: readonly (readonly [string, Buffer, string])[] = [
    ["as it is", text, "raw"],
    ["in UTF-16", Buffer.from(target, "utf16le"), "utf16"],
    ["in hex", Buffer.from(text.toString("hex")), "hex"],
    ["in upper-case hex", Buffer.from(text.toString("hex").toUpperCase()), "hex"],
    ["in JSON escapes", escaped(target, (code) => `\\u${code.toString(16).padStart(4, "0")}`), "json-escaped raw"],
    ["in doubled JSON escapes", escaped(target, (code) => `\\\\u${code.toString(16).toUpperCase().padStart(4, "0")}`), "json-escaped raw"],
    ["in partial JSON escapes", Buffer.from(target.replace("-", "\\u002d")), "json-escaped raw"],
    ["in URL escapes", escaped(target, (code) => `%${code.toString(16)}`), "url-escaped raw"],
    ["in partial URL escapes", Buffer.from(target.replace("-", "%2D")), "url-escaped raw"],
    ["gzipped", gzipSync(text), "compressed raw"],
    ["in zlib", deflateSync(text), "compressed raw"],
    ["in fast zlib", deflateSync(text, { level: 1 }), "compressed raw"],
    ["in a zip entry", zipEntry("a/b.json", text), "compressed raw"],
    ["gzipped twice", gzipSync(gzipSync(text)), "compressed compressed raw"],
    ["in base64 of gzip's content", gzipSync(Buffer.from(text.toString("base64"))), "compressed base64"],
    ["in a gzip stream that was cut off", gzipSync(Buffer.concat([text, noise(5000)])).subarray(0, 2000), "compressed raw"],
  ];
  test.each(forms)("a value is found %s", (_, bytes, layers) => {
    expect(layersIn(bytes)).toContain(layers);
    expect(foundIn(bytes)).toEqual([target]);
  });

  test.each([0, 1, 2])("a value is found in base64 and base64url with %i bytes before it", (before) => {
    const bytes = Buffer.concat([noise(before), Buffer.from(target), noise(7)]);
    expect(foundIn(Buffer.from(bytes.toString("base64")))).toEqual([target]);
    expect(foundIn(Buffer.from(bytes.toString("base64url")))).toEqual([target]);
  });

  test("a value whose base64 needs the other alphabet is found in both", () => {
    const value = "ÿûþ¿?>~ÿûþ¿";
    for (const form of ["base64", "base64url"] as const) {
      expect(findCanaries(Buffer.from(Buffer.from(`a${value}b`).toString(form)), [value]).length).toBeGreaterThan(0);
    }
  });

  test("a value outside ASCII is found in JSON escapes with surrogate pairs", () => {
    const value = "Zoë Müller 😀";
    const json = escaped(value, (code) => `\\u${code.toString(16).padStart(4, "0")}`);
    const pairs = Buffer.from(Array.from({ length: value.length }, (_, at) => `\\u${value.charCodeAt(at).toString(16).padStart(4, "0")}`).join(""));
    expect(findCanaries(pairs, [value])).toHaveLength(1);
    expect(findCanaries(json, ["Zoë Müller"])).toHaveLength(1);
    expect(findCanaries(Buffer.from(encodeURIComponent(value)), [value])).toHaveLength(1);
  });

  test("every planted value is found, and its offset is where it stands", () => {
    const bytes = Buffer.from(planted.join("\n"));
    const leaks = findCanaries(bytes, planted);
    expect(leaks.map((leak) => leak.canary)).toEqual(planted);
    for (const { canary, offset } of leaks) expect(bytes.indexOf(canary)).toBe(offset);
  });

  test("a value is found at the very start and the very end", () => {
    expect(findCanaries(Buffer.from(`${target}-`), planted)).toHaveLength(1);
    expect(findCanaries(Buffer.from(`-${target}`), planted)).toHaveLength(1);
    expect(findCanaries(Buffer.from(target), planted)).toHaveLength(1);
  });

  test("nothing is found where nothing was planted, nor a value with one letter changed", () => {
    expect(findCanaries(noise(1_000_000), planted)).toEqual([]);
    expect(foundIn(Buffer.from(`${target.slice(0, -1)}#`))).toEqual([]);
  });

  test("a canary that would be found by chance is refused", () => {
    expect(() => findCanaries(noise(10), ["F"])).toThrow(RangeError);
  });
});
