import { createSecretKey } from "node:crypto";
import { vectorTest } from "@sallyport/testkit";
import { expect } from "vitest";
import { aes256Gcm } from "./aead.ts";
import type { Wycheproof } from "./testing/wycheproof.ts";

interface AeadGroup {
  readonly ivSize: number;
  readonly keySize: number;
  readonly tagSize: number;
  readonly tests: readonly {
    readonly tcId: number;
    readonly key: string;
    readonly iv: string;
    readonly aad: string;
    readonly msg: string;
    readonly ct: string;
    readonly tag: string;
    readonly result: string;
  }[];
}

vectorTest("Wycheproof AES-GCM: ours opens and gives what is valid at 256, 96 and 128 bits, and refuses every other size", ["wycheproof/aes_gcm_test.json"], (file) => {
  const { testGroups, numberOfTests } = JSON.parse(file?.toString("utf8") ?? "") as Wycheproof<AeadGroup>;
  const ran = { opened: 0, refused: 0, otherSize: 0 };
  for (const { keySize, ivSize, tagSize, tests } of testGroups) {
    for (const { tcId, result, ...hex } of tests) {
      const [iv, aad, msg, ct, tag] = [hex.iv, hex.aad, hex.msg, hex.ct, hex.tag].map((text) => Buffer.from(text, "hex")) as [Buffer, Buffer, Buffer, Buffer, Buffer];
      const key = createSecretKey(Buffer.from(hex.key, "hex"));
      const open = (): Buffer => aes256Gcm.open(key, iv, ct, tag, aad);
      const seal = (): Buffer => aes256Gcm.seal(key, iv, msg, aad);
      if (keySize !== 256 || ivSize !== 96 || tagSize !== 128) {
        expect(open, `case ${tcId}`).toThrow(keySize === 256 ? "phi.integrity" : RangeError);
        expect(seal, `case ${tcId}`).toThrow(RangeError);
        ran.otherSize += 1;
      } else if (result === "valid") {
        expect(open().equals(msg), `case ${tcId}`).toBe(true);
        expect(seal().equals(Buffer.concat([iv, ct, tag])), `case ${tcId}`).toBe(true);
        ran.opened += 1;
      } else {
        expect(open, `case ${tcId}`).toThrow("phi.integrity");
        ran.refused += 1;
      }
    }
  }
  expect(ran.opened).toBeGreaterThan(0);
  expect(ran.refused).toBeGreaterThan(0);
  expect(ran.opened + ran.refused + ran.otherSize).toBe(numberOfTests);
});
