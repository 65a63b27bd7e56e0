import { expect, test } from "vitest";
import { aboutText, type Item, isWaiting, progressText } from "./outbox-text.ts";

const item = { state: "sealed", phase: "idle", nextAt: null, isStopped: false } as Item;

test("a sealed item for which nothing comes by itself waits for somebody; any other doesn't", () => {
  expect([isWaiting(item), progressText(item)]).toEqual([true, "waits for somebody"]);
  expect(progressText({ ...item, nextAt: "2026-03-01T12:00:00.000Z" })).toBe("sealed");
  expect(progressText({ ...item, phase: "sending" })).toBe("being sent");
  expect([isWaiting({ ...item, state: "in-doubt" }), progressText({ ...item, state: "in-doubt" })]).toEqual([false, "in doubt"]);
});

test("one whose recipient has its key no more is told as stopped, and not that it is sent once its route is mended", () => {
  const stopped: Item = { ...item, isStopped: true };
  expect([progressText(stopped), isWaiting(stopped), aboutText(stopped)]).toEqual(["stopped", false, "Surely nothing of it has arrived anywhere."]);
  expect(aboutText(item)).toContain("send it once its route is mended");
});
