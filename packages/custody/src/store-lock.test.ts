import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { lockStore } from "./store-lock.ts";

let home = "";
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "lock-"));
});
afterEach(() => rmSync(home, { recursive: true }));
const path = (): string => join(home, "custodian.lock");

test("a store that a live process holds is locked", () => {
  writeFileSync(path(), `${process.ppid} ${readFileSync(`/proc/${process.ppid}/stat`, "utf8").split(") ").at(-1)?.split(" ")[19] ?? "?"}\n`);
  expect(() => lockStore(home)).toThrow("custodian.locked");
  expect(existsSync(path())).toBe(true);
});

test("a lock that a dead process left is taken over", () => {
  const { pid } = spawnSync(process.execPath, ["-e", ""]);
  writeFileSync(path(), `${pid} 1\n`);
  lockStore(home).release();
  expect(existsSync(path())).toBe(false);
});

test("a lock whose process id another process has by now is taken over", () => {
  writeFileSync(path(), `${process.ppid} 1\n`);
  expect(() => lockStore(home).assertHeld()).not.toThrow();
});

test("who was displaced is told before the next write, and doesn't remove the other's lock", () => {
  const lock = lockStore(home);
  writeFileSync(path(), "1 1\n");
  expect(() => lock.assertHeld()).toThrow("custodian.fenced");
  expect(() => lock.beat()).toThrow("custodian.fenced");
  lock.release();
  expect(existsSync(path())).toBe(true);
});
