import { setTimeout as sleep } from "node:timers/promises";
import { secretKey } from "@sallyport/crypto";
import { expect, test } from "vitest";
import { DataKeys, newKekSecret } from "./data-keys.ts";
import type { KeyStore } from "./key-kinds.ts";
import { firstRing } from "./key-ring.ts";
import type { RootKey } from "./root-key.ts";

test("a root key that answers late is as it was found last, and is away once it said so", async () => {
  const key = secretKey(Buffer.alloc(32, 5));
  let answer: () => Promise<typeof key> = () => Promise.resolve(key);
  const rootKey: RootKey = { derive: () => answer() };
  const ring = firstRing("kek", await newKekSecret(rootKey, "kek-1"), 0);
  const keys = new DataKeys({ get: () => ring } as unknown as KeyStore, rootKey, () => 0);
  expect(await keys.isRootPresent()).toBe(true);
  answer = () => sleep(500, key);
  expect(await keys.isRootPresent()).toBe(true);
  answer = () => sleep(500).then(() => Promise.reject(new Error("away")));
  expect(await keys.isRootPresent()).toBe(true);
  await sleep(400);
  expect(await keys.isRootPresent()).toBe(false);
});
