import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { lockHome } from "./home-lock.ts";

let folder = "";
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "sallyport-lock-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const lock = (): string => join(folder, "host.lock");

it("is held by one at a time, and free again when it is given up", async () => {
  const release = await lockHome(lock());
  await expect(lockHome(lock())).rejects.toMatchObject({ code: "setting.invalid", context: { pid: process.pid } });
  release();
  (await lockHome(lock()))();
});

it("of many that come at once, at most one holds it", async () => {
  const results = await Promise.allSettled(Array.from({ length: 8 }, () => lockHome(lock())));
  expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
});

it.each([
  ["names no process", { pid: 4_194_303, began: "1", token: "a" }],
  ["names a process that began later, with the same number", { pid: process.pid, began: "1", token: "a" }],
])("a lock that %s is taken over", async (_, owner) => {
  writeFileSync(lock(), JSON.stringify(owner));
  (await lockHome(lock()))();
});

it("a lock that was half written is taken over", async () => {
  writeFileSync(lock(), '{"pid":');
  (await lockHome(lock()))();
});
