import { copyFileSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CommandLine } from "../test-support/command-line.ts";

const packages = resolve(import.meta.dirname, "../../../packages");
const { fingerprint: own = "", earlier = "" } = JSON.parse(readFileSync(join(packages, "submission/vectors/packets-v2/pins.json"), "utf8")) as Readonly<Record<string, string>>;
const GOLDEN = [
  "audit/vectors/proofs/record-v2.tlog-proof",
  "audit/vectors/proofs/v2.excerpt.jsonl",
  "signature/vectors/receipts-v2/turned.receipt.json",
  "submission/vectors/packets-v2/packet.tar",
];
let user: CommandLine;
beforeAll(() => {
  user = new CommandLine();
});
afterAll(() => user.close());

test.each(GOLDEN)("%s verifies by the key that made it, and by the one before, from which it says how that one leads there", async (path) => {
  const name = path.slice(path.lastIndexOf("/") + 1);
  copyFileSync(join(packages, path), join(user.folder, name));
  const verify = (key: string) => user.type(["verify", name, "--key", key]);
  const [byOwn, byEarlier, byNeither] = [await verify(own), await verify(earlier), await verify(`sha256:${"0".repeat(64)}`)];
  expect([byOwn.exit, byEarlier.exit, byNeither.exit]).toEqual([0, 0, 1]);
  expect(byEarlier.out).toContain(`The key that you compared, ${earlier}, handed over to ${own} on 2026-01-02T03:04:05.678Z`);
  expect(byOwn.out).not.toContain("handed over");
});
