import { expect, test } from "vitest";
import { LiveSession } from "./live-session.ts";

const facts = { sessionId: "ses_1", personId: "per_1", printedName: "Ada", idleSeconds: 900, endsAt: "2026-11-22T12:00:00.000Z" };

test("activity moves the moment of idle logoff, and older news doesn't move it back", () => {
  let now = 1000;
  const session = new LiveSession(() => now);
  session.begin(facts);
  expect(session.idleAtMs).toBe(901_000);
  now = 5000;
  session.noteActivity();
  session.noteActivity(3000);
  expect(session.idleAtMs).toBe(905_000);
});

test("a session ends once, and is nobody's afterwards", () => {
  const session = new LiveSession(() => 1000);
  const why: string[] = [];
  session.onEnd((reason) => why.push(reason));
  session.end("idle");
  session.begin(facts);
  session.end("ended");
  session.end("idle");
  session.noteActivity(9000);
  expect([why, session.facts]).toEqual([["ended"], null]);
});
