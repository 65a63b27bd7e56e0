import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bundleFingerprint, honestBundle } from "@sallyport/audit/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CommandLine } from "../test-support/command-line.ts";

let user: CommandLine;
let folder: string;
beforeEach(() => {
  user = new CommandLine();
  folder = join(user.folder, "bundle");
  mkdirSync(folder);
  for (const [name, bytes] of honestBundle(8).files) writeFileSync(join(folder, name), bytes);
});
afterEach(async () => {
  await user.close();
});

interface Said {
  readonly drilled: boolean;
  readonly found: number;
  readonly notFound: number;
  readonly leftOut: number;
  readonly results: readonly { readonly attack: string; readonly outcome: string }[];
}

test("a drill finds every attack, says what found it, and leaves the bundle as it was", async () => {
  const before = new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]));
  const { exit, out } = await user.type(["drill", "bundle", "--key", bundleFingerprint]);
  expect([exit, out.match(/^found /gm)?.length, out.match(/^not found /gm)]).toEqual([0, 23, null]);
  expect(out).toMatch(/^found {6}delete-middle {4}a record is taken out: generation \d, record \d is missing \(.*root/m);
  expect(new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]))).toEqual(before);
});

test("without a fingerprint from elsewhere it says what it can't show", async () => {
  const { exit, out } = await user.type(["drill", "bundle", "--json"]);
  expect(exit).toBe(0);
  expect(JSON.parse(out) as Said).toMatchObject({ drilled: true, found: 22, notFound: 0, leftOut: 1 });
});

test("a bundle that is broken before is drilled with by nobody, and no bundle is none", async () => {
  cpSync(join(folder, "generation-1.jsonl"), join(folder, "generation-2.jsonl"));
  const { exit, out } = await user.type(["drill", "bundle"]);
  expect([exit, out.split("\n")[0]]).toEqual([1, "the bundle is broken before anything is done to it, so a drill would show nothing"]);
  expect((await user.type(["drill", "nothing"])).exit).toBe(2);
  expect((await user.type(["drill", "bundle", "--key", "abc"])).exit).toBe(2);
});
