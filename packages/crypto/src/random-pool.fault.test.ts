import { randomFillSync } from "node:crypto";
import { faultTest } from "@sallyport/testkit";
import { expect } from "vitest";
import { NONCE_BYTES } from "./aead.ts";
import { secretKey } from "./digest.ts";
import { FieldCipher } from "./field-cipher.ts";
import { pooledRandom, randomPool, type RandomBytes, type RandomSource } from "./random-pool.ts";
import { place } from "./testing/field-fixture.ts";

/** THREATS §4.4 asks for ten million; what each run does shows that nothing is handed out twice at a block's edges. */
const ENCRYPTIONS = process.env["SALLYPORT_TEST_LONG"] === undefined ? 60_000 : 10_000_000;
const TIMEOUT_MS = 600_000;

/** How many of these nonces, one after the other in a buffer, are there more than once. */
function repeated(nonces: Buffer): number {
  const count = nonces.length / NONCE_BYTES;
  // Sorted by eight of their bytes: of ten million random ones hardly any two have those in common, and all that have are looked at.
  const heads = new BigUint64Array(count);
  for (let n = 0; n < count; n += 1) heads[n] = nonces.readBigUInt64BE(n * NONCE_BYTES);
  heads.sort();
  const shared = new Set<bigint>();
  for (let n = 1; n < count; n += 1) if (heads[n] === heads[n - 1]) shared.add(heads[n] as bigint);
  const whole: string[] = [];
  for (let n = 0; shared.size > 0 && n < count; n += 1)
    if (shared.has(nonces.readBigUInt64BE(n * NONCE_BYTES))) whole.push(nonces.toString("hex", n * NONCE_BYTES, (n + 1) * NONCE_BYTES));
  return whole.length - new Set(whole).size;
}

faultTest(
  "E11",
  "no two values sealed under one key have the same nonce",
  async (defence) => {
    // Off: bytes that were handed out stay in the block, and are handed out again.
    const stale = Buffer.allocUnsafe(NONCE_BYTES * 1_000);
    randomFillSync(stale);
    let drawn = 0;
    const again: RandomBytes = (length) => {
      drawn = (drawn + 1) % 1_000;
      return Buffer.from(stale.subarray(drawn * NONCE_BYTES, drawn * NONCE_BYTES + length));
    };
    const random = defence === "on" ? pooledRandom : again;
    const cipher = new FieldCipher();
    const key = { id: "key-1", key: secretKey(randomFillSync(Buffer.alloc(32))) };
    const nonces = Buffer.alloc(ENCRYPTIONS * NONCE_BYTES);
    for (let n = 0; n < ENCRYPTIONS; n += 1) {
      const sealed = cipher.seal(key, place, "F", random);
      nonces.write(sealed.slice(sealed.lastIndexOf(".") + 1, sealed.lastIndexOf(".") + 1 + (NONCE_BYTES / 3) * 4), n * NONCE_BYTES, "base64url");
    }
    expect(repeated(nonces)).toBe(0);
    await Promise.resolve();
  },
  TIMEOUT_MS,
);

const broken: Readonly<Record<string, () => RandomSource>> = {
  "answers one byte for ever": () => (block) => block.fill(7),
  "answers nothing and leaves the block as it was": () => () => undefined,
  "begins anew with each block": () => {
    const first = randomFillSync(Buffer.alloc(48 * 1024));
    return (block) => void first.copy(block);
  },
  "sticks within a block": () => (block) => randomFillSync(block).fill(1, 20_000, 20_064),
};
for (const [flaw, source] of Object.entries(broken)) {
  faultTest("E11", `a source of random bytes that ${flaw} is refused`, async (defence) => {
    const random = defence === "on" ? randomPool(source()) : randomPool(source(), () => true);
    expect(() => {
      for (let n = 0; n < 10_000; n += 1) random(NONCE_BYTES);
    }).toThrow("random.unhealthy");
    await Promise.resolve();
  });
}
