import { expect, test } from "vitest";
import { assignmentDetail, wantedAt } from "./wanted.ts";

const NOW = Date.parse("2026-05-01T12:00:00.000Z");
const AT = { role: "auditor", study: "S", site: "1" };
const iso = (ms: number): string => new Date(ms).toISOString();

test("an assignment without a beginning begins now, and without an end has none", () => {
  expect(wantedAt(AT, NOW)).toEqual({ ...AT, fromMs: NOW, untilMs: null });
  expect(wantedAt({ ...AT, from: iso(NOW + 5), until: iso(NOW + 6) }, NOW)).toEqual({ ...AT, fromMs: NOW + 5, untilMs: NOW + 6 });
});

test("nobody is given a role in the past, nor for no time at all", () => {
  // A clock that is a little behind is meant to say now.
  expect(wantedAt({ ...AT, from: iso(NOW - 60_000) }, NOW).fromMs).toBe(NOW);
  expect(() => wantedAt({ ...AT, from: iso(NOW - 60_001) }, NOW)).toThrow(expect.objectContaining({ code: "input.invalid" }));
  for (const until of [NOW, NOW - 1]) expect(() => wantedAt({ ...AT, until: iso(until) }, NOW)).toThrow(expect.objectContaining({ code: "input.invalid" }));
  expect(() => wantedAt({ ...AT, from: iso(NOW + 9), until: iso(NOW + 9) }, NOW)).toThrow(expect.objectContaining({ code: "input.invalid" }));
});

test("a record says of an assignment what, where, from when and until when", () => {
  expect(assignmentDetail({ ...AT, fromMs: NOW, untilMs: null })).toEqual({ role: "auditor", at: "S/1", from: iso(NOW), until: "none" });
});
