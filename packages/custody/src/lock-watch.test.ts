import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { LockWatch } from "./lock-watch.ts";
import { lockStore } from "./store-lock.ts";

let home = "";
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "watch-"));
});
afterEach(() => rmSync(home, { recursive: true }));

/** How many looks it takes until one shows something else than that the store is held; the holder beats before the first `beats` of them. */
function looks(watch: LockWatch, beat: (look: number) => void = () => undefined): { readonly at: number; readonly state: string } {
  for (let at = 1; at <= 1000; at += 1) {
    beat(at);
    const { state } = watch.look();
    if (state !== "held") return { at, state };
  }
  return { at: 1000, state: "held" };
}

test("nobody has a store without a lock, nor one whose holder is gone", () => {
  const watch = new LockWatch(home);
  expect(watch.look()).toEqual({ state: "free" });
  writeFileSync(join(home, "custodian.lock"), `${process.ppid} 1\n`);
  expect(watch.look()).toEqual({ state: "free" });
});

test("who beats isn't hung, and is after four seconds without; who never beat has a minute", () => {
  const lock = lockStore(home);
  expect(looks(new LockWatch(home))).toEqual({ at: 301, state: "hung" });
  lock.beat();
  expect(looks(new LockWatch(home))).toEqual({ at: 21, state: "hung" });
  let ms = 1;
  const beat = (): void => utimesSync(join(home, "custodian.lock"), 1, (ms += 1));
  expect(looks(new LockWatch(home), (at) => at % 15 === 0 && beat())).toEqual({ at: 1000, state: "held" });
  const watch = new LockWatch(home);
  expect(looks(watch, (at) => at === 15 && beat())).toEqual({ at: 35, state: "hung" });
  beat();
  expect(watch.look()).toEqual({ state: "held" });
  lock.release();
});

test("a lock is taken from who hangs, as it was seen, and from nobody who took it since", () => {
  const slow = lockStore(home);
  slow.beat();
  const watch = new LockWatch(home);
  looks(watch);
  const seen = watch.look();
  const holder = seen.state === "hung" ? seen.holder : "";
  expect(holder).toBe(readFileSync(join(home, "custodian.lock"), "utf8"));
  const taken = lockStore(home, holder);
  expect(() => slow.assertHeld()).toThrow("custodian.fenced");
  expect(() => slow.beat()).toThrow("custodian.fenced");
  expect(() => taken.assertHeld()).not.toThrow();
  expect(() => lockStore(home, holder)).toThrow("custodian.locked");
  // A new holder is watched from its own beginning.
  taken.beat();
  expect(watch.look()).toEqual({ state: "held" });
  taken.release();
});
