import { describe, expect, test } from "vitest";
import { openBytes, sealBytes } from "./chunk-cipher.ts";
import { dataKey, flipBit } from "./testing/field-fixture.ts";

const place = { scope: "packet", id: "pkt_1", index: 0, last: false };
const chunk = Buffer.from([0, 1, 2, 255]);

describe("a sealed chunk", () => {
  test("opens at its own place", () => {
    expect(openBytes(dataKey, place, sealBytes(dataKey, place, chunk)).equals(chunk)).toBe(true);
    expect(openBytes(dataKey, place, sealBytes(dataKey, place, Buffer.alloc(0)))).toHaveLength(0);
  });

  test.each([
    ["another kind of whole", { scope: "change" }],
    ["another whole", { id: "pkt_2" }],
    ["another position", { index: 1 }],
    ["the end, where it isn't the last", { last: true }],
    ["a position that is none", { index: -1 }],
  ])("doesn't open at %s", (_, moved) => {
    expect(() => openBytes(dataKey, { ...place, ...moved }, sealBytes(dataKey, place, chunk))).toThrow("phi.integrity");
  });

  test("doesn't open under another key's name", () => {
    expect(() => openBytes({ ...dataKey, id: "another-1" }, place, sealBytes(dataKey, place, chunk))).toThrow("phi.integrity");
  });

  test("doesn't open with any bit turned over, nor cut off anywhere", () => {
    const sealed = sealBytes(dataKey, place, chunk);
    for (let bit = 0; bit < sealed.length * 8; bit += 1) expect(() => openBytes(dataKey, place, flipBit(sealed, bit)), `bit ${bit}`).toThrow("phi.integrity");
    for (let length = 0; length < sealed.length; length += 1) expect(() => openBytes(dataKey, place, sealed.subarray(0, length)), `${length} bytes`).toThrow("phi.integrity");
  });

  test("isn't made for a place or under a key that can't be written", () => {
    expect(() => sealBytes(dataKey, { ...place, index: 0.5 }, chunk)).toThrow(RangeError);
    expect(() => sealBytes({ ...dataKey, id: "a.b" }, place, chunk)).toThrow(RangeError);
  });
});
