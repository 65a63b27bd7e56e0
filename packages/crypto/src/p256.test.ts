import { verify } from "node:crypto";
import { expect, test } from "vitest";
import { generateP256, p256Public, signP256 } from "./p256.ts";
import { generateEd25519 } from "./ed25519.ts";

test("a key comes back from its coordinates and verifies what its pair signed", () => {
  const { privateKey, x, y } = generateP256();
  const data = Buffer.from("statement");
  expect(verify("sha256", data, p256Public(x, y), signP256(privateKey, data))).toBe(true);
});

test("a point that isn't on the curve, and coordinates of another length, are no key", () => {
  const { x, y } = generateP256();
  const off = Buffer.from(y);
  off[31] = (off[31] as number) ^ 1;
  expect(() => p256Public(x, off)).toThrow(RangeError);
  expect(() => p256Public(Buffer.alloc(32), Buffer.alloc(32))).toThrow(RangeError);
  expect(() => p256Public(x.subarray(1), y)).toThrow(RangeError);
});

test("no other kind of key signs", () => {
  expect(() => signP256(generateEd25519().privateKey, Buffer.from("x"))).toThrow(TypeError);
});
