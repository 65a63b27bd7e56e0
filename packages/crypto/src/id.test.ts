import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeBase64url } from "./base64url.ts";
import { isId, newId } from "./id.ts";
import { pooledRandom } from "./random-pool.ts";

describe("ids", () => {
  test("are a prefix and 26 digits, no two alike", () => {
    const ids = Array.from({ length: 1000 }, () => newId("pkt"));
    expect(new Set(ids).size).toBe(1000);
    expect(ids.every((id) => isId("pkt", id))).toBe(true);
  });

  test("use every digit of the alphabet and no other", () => {
    const digits = new Set(Array.from({ length: 200 }, () => newId("a").slice(2)).join(""));
    expect([...digits].sort().join("")).toBe("0123456789abcdefghjkmnpqrstvwxyz");
  });

  test.each(["", "PKT", "a_b", "a1", "a".repeat(17)])("have no prefix %j", (prefix) => {
    expect(() => newId(prefix)).toThrow(RangeError);
  });

  test.each([
    null,
    undefined,
    1,
    {},
    "",
    "pkt_",
    "sub_0123456789abcdefghjkmnpqrs",
    "pkt_0123456789abcdefghjkmnpqri",
    "pkt_0123456789ABCDEFGHJKMNPQRS",
    "pkt_0123456789abcdefghjkmnpqrs\n",
    "pkt_0123456789abcdefghjkmnpqrst",
  ])("%j is no packet's id", (value) => {
    expect(isId("pkt", value)).toBe(false);
  });
});

describe("random bytes from the pool", () => {
  test("are handed out once, across blocks", () => {
    const nonces = Array.from({ length: 20_000 }, () => pooledRandom(12).toString("hex"));
    expect(new Set(nonces).size).toBe(20_000);
  });

  test("stay as they are after more were drawn", () => {
    const first = pooledRandom(16);
    const before = first.toString("hex");
    for (let n = 0; n < 5000; n += 1) pooledRandom(16);
    expect(first.toString("hex")).toBe(before);
  });

  test.each([-1, 1.5, 48 * 1024 + 1, Number.NaN])("aren't drawn %d at once", (length) => {
    expect(() => pooledRandom(length)).toThrow(RangeError);
  });
});

describe("base64url", () => {
  test("of any bytes decodes to them", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(decodeBase64url(Buffer.from(bytes).toString("base64url"))).toEqual(Buffer.from(bytes));
      }),
    );
  });

  test("has one spelling: what decodes is what encoding gives", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."ABCDwxyz019-_=+/ \n".split("")) }), (text) => {
        const canonical = Buffer.from(text, "base64url").toString("base64url") === text;
        expect(decodeBase64url(text) !== null).toBe(canonical);
      }),
      { numRuns: 2000 },
    );
  });
});
