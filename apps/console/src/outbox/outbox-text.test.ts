import { expect, test } from "vitest";
import { aboutText, type Item, isWaiting, progressText, shownText } from "./outbox-text.ts";

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

test("a list says how much of what there is it shows, and how much of it waits", () => {
  expect(shownText(3, { sealed: 2, sent: 0, acknowledged: 0, rejected: 0, "in-doubt": 1 }, 1)).toBe("2 sealed (1 waiting for somebody), 1 in doubt.");
  expect(shownText(200, { acknowledged: 1300, "in-doubt": 1 }, 0)).toBe(
    "200 of 1,301 are shown, those in doubt first, then those that wait for somebody, then the newest: 1,300 acknowledged, 1 in doubt.",
  );
});
