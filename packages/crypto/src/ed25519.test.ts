import { createPublicKey, generateKeyPairSync } from "node:crypto";
import { vectorTest } from "@sallyport/testkit";
import { describe, expect, test } from "vitest";
import { ed25519FromSeed, ed25519Public, generateEd25519, signEd25519, signEd25519Elsewhere, verifyEd25519 } from "./ed25519.ts";
import type { Wycheproof } from "./testing/wycheproof.ts";

const P = 2n ** 255n - 19n;
const mod = (n: bigint): bigint => ((n % P) + P) % P;
const power = (base: bigint, exponent: bigint): bigint => {
  let [result, square] = [1n, mod(base)];
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = mod(result * square);
    square = mod(square * square);
  }
  return result;
};
const D = mod(-121665n * power(121666n, P - 2n));
/** y of twice a point, from y alone (RFC 8032 §5.1.4: on −x² + y² = 1 + dx²y²). */
const double = (y: bigint): bigint => {
  const yy = mod(y * y);
  const xx = mod((yy - 1n) * power(mod(D * yy + 1n), P - 2n));
  return mod((yy + xx) * power(mod(1n - D * mod(xx * yy)), P - 2n));
};
const little = (y: bigint): Buffer => Buffer.from(y.toString(16).padStart(64, "0"), "hex").reverse();

describe("a public key that is taken in", () => {
  const lowOrder = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  ];

  test.each(lowOrder)("isn't the point of low order %s, with either sign", (hex) => {
    const y = BigInt(`0x${Buffer.from(hex, "hex").reverse().toString("hex")}`);
    expect(double(double(double(y)))).toBe(1n);
    const raw = Buffer.from(hex, "hex");
    expect(() => ed25519Public(raw)).toThrow(RangeError);
    raw.writeUInt8(raw.readUInt8(31) | 0x80, 31);
    expect(() => ed25519Public(raw)).toThrow(RangeError);
  });

  test.each([P, P + 1n, P + 2n, 2n ** 255n - 1n])("isn't a second spelling of a point (y = %d)", (y) => {
    expect(() => ed25519Public(little(y))).toThrow(RangeError);
  });

  test("has 32 bytes", () => {
    for (const length of [0, 31, 33]) expect(() => ed25519Public(Buffer.alloc(length, 1))).toThrow(RangeError);
  });

  test("verifies what its private key signs", () => {
    const pair = generateEd25519();
    expect(verifyEd25519(ed25519Public(pair.raw), "text", signEd25519(pair.privateKey, "text"))).toBe(true);
    expect(verifyEd25519(ed25519Public(pair.raw), "Text", signEd25519(pair.privateKey, "text"))).toBe(false);
  });
});

test("a seed gives the key pair and the signature of RFC 8032 §7.1", () => {
  const pair = ed25519FromSeed(Buffer.from("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb", "hex"));
  expect(pair.raw.toString("hex")).toBe("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
  expect(signEd25519(pair.privateKey, Buffer.from("72", "hex")).toString("hex")).toBe(
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
  );
});

test("what is signed off the thread is the same signature, and takes no other kind of key", async () => {
  const { privateKey, publicKey } = generateEd25519();
  expect(await signEd25519Elsewhere(privateKey, "text")).toEqual(signEd25519(privateKey, "text"));
  expect(() => signEd25519Elsewhere(publicKey, "text")).toThrow(TypeError);
});

test("a seed has 32 bytes", () => {
  expect(() => ed25519FromSeed(Buffer.alloc(31))).toThrow(RangeError);
});

test("another kind of key neither signs nor verifies", () => {
  const other = generateKeyPairSync("ed448");
  const { privateKey, publicKey } = generateEd25519();
  expect(() => signEd25519(other.privateKey, "a")).toThrow(TypeError);
  expect(() => verifyEd25519(other.publicKey, "a", Buffer.alloc(64))).toThrow(TypeError);
  expect(() => signEd25519(publicKey, "a")).toThrow(TypeError);
  expect(() => verifyEd25519(privateKey, "a", Buffer.alloc(64))).toThrow(TypeError);
  expect(createPublicKey(privateKey).asymmetricKeyType).toBe("ed25519");
});

interface EddsaGroup {
  readonly publicKey: { readonly pk: string };
  readonly tests: readonly { readonly tcId: number; readonly msg: string; readonly sig: string; readonly result: string }[];
}

vectorTest("Wycheproof Ed25519: a signature holds where the vector is valid, and nowhere else", ["wycheproof/ed25519_test.json"], (file) => {
  const { testGroups, numberOfTests } = JSON.parse(file?.toString("utf8") ?? "") as Wycheproof<EddsaGroup>;
  let ran = 0;
  for (const { publicKey, tests } of testGroups) {
    const key = ed25519Public(Buffer.from(publicKey.pk, "hex"));
    for (const { tcId, msg, sig, result } of tests) {
      ran += 1;
      expect(verifyEd25519(key, Buffer.from(msg, "hex"), Buffer.from(sig, "hex")), `case ${tcId}`).toBe(result === "valid");
    }
  }
  expect(ran).toBe(numberOfTests);
});
