import { vectorTest } from "@sallyport/testkit";
import { describe, expect, test } from "vitest";
import { equalHex, hmacHex, secretKey, sha256, sha256Hex } from "./digest.ts";
import type { Wycheproof } from "./testing/wycheproof.ts";

test("SHA-256 of abc is the standard's (FIPS 180-4)", () => {
  expect(sha256Hex("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  expect(sha256(Buffer.from("abc")).toString("hex")).toBe(sha256Hex("abc"));
});

describe("equalHex", () => {
  test("only the same digest is equal", () => {
    expect(equalHex("ab12", "ab12")).toBe(true);
    expect(equalHex("ab12", "ab13")).toBe(false);
    expect(equalHex("ab12", "AB12")).toBe(false);
  });
  test("another length is different, and not an exception", () => {
    expect(equalHex("ab12", "ab1")).toBe(false);
    expect(equalHex("", "ab")).toBe(false);
  });
  test("a letter whose low byte is a hex digit is not that digit", () => {
    expect(equalHex("0", "\u0130")).toBe(false);
  });
});

describe("secretKey", () => {
  test.each([0, 16, 31])("%i bytes are too few for a secret, and are not in the error", (length) => {
    expect(() => secretKey(Buffer.alloc(length, 0x41))).toThrow(expect.objectContaining({ code: "secret.weak", context: { bytes: length, bytesMin: 32 } }));
  });
  test("a secret is copied, so that the caller may overwrite its own", () => {
    const bytes = Buffer.alloc(32, 7);
    const key = secretKey(bytes);
    bytes.fill(0);
    expect(key.export().equals(Buffer.alloc(32, 7))).toBe(true);
  });
  test("a secret doesn't print", () => {
    expect(JSON.stringify(secretKey(Buffer.alloc(32, 7)))).toBe("{}");
  });
});

interface MacGroup {
  readonly keySize: number;
  readonly tagSize: number;
  readonly tests: readonly { readonly tcId: number; readonly key: string; readonly msg: string; readonly tag: string; readonly result: string }[];
}

vectorTest("Wycheproof HMAC-SHA256: a MAC holds where the vector is valid, whole, and under a key of 32 bytes or more", ["wycheproof/hmac_sha256_test.json"], (file) => {
  const { testGroups, numberOfTests } = JSON.parse(file?.toString("utf8") ?? "") as Wycheproof<MacGroup>;
  let ran = 0;
  for (const group of testGroups) {
    for (const { tcId, key, msg, tag, result } of group.tests) {
      ran += 1;
      const bytes = Buffer.from(key, "hex");
      if (group.keySize < 256) {
        expect(() => secretKey(bytes), `case ${tcId}`).toThrow("secret.weak");
        continue;
      }
      const mac = hmacHex(secretKey(bytes), Buffer.from(msg, "hex"));
      expect(equalHex(mac, tag), `case ${tcId}`).toBe(result === "valid" && group.tagSize === 256);
      if (group.tagSize === 128) expect(equalHex(mac.slice(0, 32), tag), `case ${tcId}`).toBe(result === "valid");
    }
  }
  expect(ran).toBe(numberOfTests);
});
