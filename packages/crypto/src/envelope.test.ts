import { seededBytes } from "@sallyport/testkit";
import { describe, expect, test } from "vitest";
import { secretKey } from "./digest.ts";
import { unwrapDataKey, wrapDataKey, wrappedBy } from "./envelope.ts";

const bytes = seededBytes("envelope");
const wrapping = { kekId: "kek-1", kek: secretKey(bytes(32)), share: bytes(32), context: { purpose: "subject", id: "sub_1", study: "S", site: "701" } };
const dek = bytes(32);

describe("a wrapped data key", () => {
  test("unwraps in its own context, whatever the order in which that is written", () => {
    const context = { site: "701", study: "S", id: "sub_1", purpose: "subject" };
    expect(unwrapDataKey({ ...wrapping, context }, wrapDataKey(wrapping, dek)).equals(dek)).toBe(true);
  });

  test("names the key that wraps it, and shows nothing of the one it holds", () => {
    const wrapped = wrapDataKey(wrapping, dek);
    expect(wrappedBy(wrapped)).toBe("kek-1");
    expect(Buffer.from(wrapped.slice(wrapped.lastIndexOf(".") + 1), "base64url").includes(dek)).toBe(false);
  });

  test.each([
    ["another key-encryption key", { kek: secretKey(Buffer.alloc(32, 1)) }],
    ["another key-encryption key's name", { kekId: "kek-2" }],
    ["another share", { share: Buffer.alloc(32, 1) }],
    ["another purpose", { context: { ...wrapping.context, purpose: "packet" } }],
    ["another id", { context: { ...wrapping.context, id: "sub_2" } }],
    ["another site", { context: { ...wrapping.context, site: "704" } }],
    ["one member less", { context: { purpose: "subject", id: "sub_1", study: "S" } }],
  ])("doesn't unwrap with %s", (_, changed) => {
    expect(() => unwrapDataKey({ ...wrapping, ...changed }, wrapDataKey(wrapping, dek))).toThrow("phi.integrity");
  });

  test("under another name for the key that wraps it doesn't unwrap by that name", () => {
    const renamed = wrapDataKey(wrapping, dek).replace("sk1.kek-1.", "sk1.kek-2.");
    expect(() => unwrapDataKey({ ...wrapping, kekId: "kek-2" }, renamed)).toThrow("phi.integrity");
  });

  test.each(["", "sk1.kek-1.", "sk1.kek-1.AA", "sk2.kek-1.AA", "sp1.kek-1.AA"])("that reads %j doesn't unwrap", (text) => {
    expect(() => unwrapDataKey(wrapping, text)).toThrow("phi.integrity");
  });

  test("is made of 32 bytes each, and of a context that HKDF takes", () => {
    expect(() => wrapDataKey(wrapping, bytes(31))).toThrow(RangeError);
    expect(() => wrapDataKey({ ...wrapping, share: bytes(16) }, dek)).toThrow(RangeError);
    expect(() => wrapDataKey({ ...wrapping, kek: secretKey(bytes(64)) }, dek)).toThrow(RangeError);
    expect(() => wrapDataKey({ ...wrapping, context: { id: "x".repeat(1100) } }, dek)).toThrow(RangeError);
    expect(() => wrapDataKey({ ...wrapping, kekId: "kek.1" }, dek)).toThrow(RangeError);
  });
});
