import { describe, expect, test } from "vitest";
import { SallyportError } from "@sallyport/errors";
import { secretKey } from "./digest.ts";
import { openField, sealedUnder, sealField } from "./field-cipher.ts";
import { dataKey, place } from "./testing/field-fixture.ts";

const errorOf = (call: () => unknown): unknown => {
  try {
    return call();
  } catch (error) {
    return error;
  }
};

describe("the field cipher", () => {
  test("a sealed value names its key and adds 28 bytes", () => {
    const sealed = sealField(dataKey, place, "1938-04-23");
    expect(sealed.startsWith(`sp1.${dataKey.id}.`)).toBe(true);
    expect(Buffer.from(sealed.slice(sealed.lastIndexOf(".") + 1), "base64url")).toHaveLength(10 + 28);
    expect(sealedUnder(sealed)).toBe(dataKey.id);
  });

  test("one value sealed twice gives two sealed values", () => {
    expect(sealField(dataKey, place, "F")).not.toBe(sealField(dataKey, place, "F"));
  });

  test("a value under another key with the same name doesn't open", () => {
    const other = { id: dataKey.id, key: secretKey(Buffer.alloc(32, 1)) };
    expect(() => openField(other, place, sealField(dataKey, place, "F"))).toThrow("phi.integrity");
  });

  test("a refusal says nothing of the value, the place or the reason", () => {
    const errors = [
      errorOf(() => openField(dataKey, { ...place, site: "704" }, sealField(dataKey, place, "F"))),
      errorOf(() => openField(dataKey, place, "nonsense")),
      errorOf(() => openField(dataKey, { ...place, site: "" }, sealField(dataKey, place, "F"))),
    ];
    for (const error of errors) expect(error).toMatchObject({ code: "phi.integrity", context: {}, message: "phi.integrity" });
    expect(errors.every((error) => error instanceof SallyportError && error.cause === undefined)).toBe(true);
  });

  test.each([
    ["an empty site", { site: "" }],
    ["a site outside ASCII", { site: "７０１" }],
    ["a line break", { subject: "a\nb" }],
    ["version 0", { version: 0 }],
    ["a version that is no integer", { version: 1.5 }],
    ["a version that is no number", { version: Number.NaN }],
  ])("a place with %s can't be sealed for", (_, other) => {
    expect(() => sealField(dataKey, { ...place, ...other }, "F")).toThrow(RangeError);
  });

  test.each(["", "a.b", "../k", "k'--", "k".repeat(65)])("a key named %j seals nothing", (id) => {
    expect(() => sealField({ id, key: dataKey.key }, place, "F")).toThrow(RangeError);
  });

  test("a text that UTF-8 can't hold is not sealed as another", () => {
    expect(() => sealField(dataKey, place, "a\ud800")).toThrow(TypeError);
  });

  test.each(["", "sp1", "sp1.k", "sp2.k.AA", "sp1.k.AA.AA", "sp1.a b.AA"])("%j names no key", (text) => {
    expect(() => sealedUnder(text)).toThrow("phi.integrity");
  });
});
