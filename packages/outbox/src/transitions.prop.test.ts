import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { answered, ask, type Asked, begin, claim, enqueued, expire, hasten, type Outcome, type OutboxItem, resend, settle, type Transition } from "./index.ts";

const LENGTH = 1_000_000;
const RUNS = process.env["SALLYPORT_TEST_LONG"] === undefined ? 300 : 5000;

type Act =
  | { readonly kind: "claim"; readonly route: string }
  | { readonly kind: "begin" | "resend" | "hasten" | "expire" | "ask"; readonly by: number }
  | { readonly kind: "settle"; readonly by: number; readonly outcome: Outcome }
  | { readonly kind: "answer"; readonly by: number; readonly answer: Asked }
  | { readonly kind: "wait"; readonly ms: number };

/** Who acts: the holder of the last attempt, or of one so many before it. */
const by = fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 3 }));
const said = fc.constantFrom<Outcome & Asked>({ kind: "received" }, { kind: "rejected" }, { kind: "not-received" }, { kind: "pending" }, { kind: "disagrees" });
const failure = fc.constant("unreachable");
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("claim" as const), route: fc.constantFrom("primary", "fallback") }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("begin" as const), by }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom("resend" as const, "hasten" as const, "ask" as const), by }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("expire" as const), by }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("settle" as const),
      by,
      outcome: fc.oneof(
        said,
        fc.record({ kind: fc.constant("unsent" as const), failure }),
        fc.record({ kind: fc.constant("in-doubt" as const), failure }),
        fc.constant({ kind: "sent" as const }),
      ),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("answer" as const), by, answer: fc.oneof(said, fc.record({ kind: fc.constant("unknown" as const), failure })) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: fc.oneof(fc.integer({ min: 0, max: 5000 }), fc.integer({ min: 0, max: 20_000_000 })) }) },
);

const itemOf = (changed: OutboxItem | Transition | null): OutboxItem | null => (changed === null ? null : "item" in changed ? changed.item : changed);

function apply(item: OutboxItem, each: Act, now: number): OutboxItem | null {
  const attempt = item.attempt - ("by" in each ? each.by : 0);
  switch (each.kind) {
    case "claim":
      return claim(item, each.route, now);
    case "begin":
      return begin(item, { attempt, length: LENGTH }, now);
    case "settle":
      return itemOf(settle(item, { attempt, outcome: each.outcome }, now));
    case "answer":
      return itemOf(answered(item, { attempt, answer: each.answer }, now));
    case "expire":
      return expire(item, now);
    case "resend":
      return resend(item, now);
    case "hasten":
      return hasten(item, now);
    case "ask":
      return ask(item, now);
    case "wait":
      return null;
  }
}

/** Plays any order of acts; an act that isn't allowed changes nothing. Tells of each that was. */
function play(acts: readonly Act[], tell: (act: Act, before: OutboxItem, after: OutboxItem, now: number) => void): void {
  let now = 1000;
  let item = enqueued(now);
  for (const each of acts) {
    if (each.kind === "wait") now += each.ms;
    const after = apply(item, each, now);
    if (after === null) continue;
    tell(each, item, after, now);
    item = after;
  }
}

const everyPlay = (tell: () => (act: Act, before: OutboxItem, after: OutboxItem, now: number) => void): void =>
  fc.assert(
    fc.property(fc.array(act, { minLength: 30, maxLength: 80, size: "max" }), (acts) => play(acts, tell())),
    { numRuns: RUNS },
  );

describe("in any order of sends, crashes, receipts, questions and approvals", () => {
  test("bytes go out again only after a portal said that it has nothing, or two people decided it", () => {
    everyPlay(() => {
      let mayBegin = true;
      return (each, before, after) => {
        if (after.phase === "sending" && before.phase !== "sending") {
          expect(mayBegin).toBe(true);
          mayBegin = false;
        }
        if (each.kind === "resend") expect(before.state).toBe("in-doubt");
        const saysNothing = (each.kind === "settle" && each.outcome.kind === "not-received") || (each.kind === "answer" && each.answer.kind === "not-received");
        if (after.state === "sealed" && (saysNothing || each.kind === "resend")) mayBegin = true;
      };
    });
  });

  test("nobody acts on an attempt but who has the last one, within its time", () => {
    everyPlay(() => (each, before, _, now) => {
      if (each.kind !== "begin" && each.kind !== "settle") return;
      expect([each.by, before.phase === "idle", before.leaseUntilMs !== null && now < before.leaseUntilMs]).toEqual([0, false, true]);
    });
  });

  test("what is acknowledged or rejected was said to be by a receipt, and stays so", () => {
    everyPlay(() => (each, before, after) => {
      if (before.state === "acknowledged" || before.state === "rejected") expect(after.state).toBe(before.state);
      else if (after.state === "acknowledged" || after.state === "rejected") {
        const word = each.kind === "settle" ? each.outcome.kind : each.kind === "answer" ? each.answer.kind : "nothing";
        expect(word).toBe(after.state === "acknowledged" ? "received" : "rejected");
      }
    });
  });

  test("an item is what a second, plainer account of the same acts says", () => {
    everyPlay(() => {
      // What may be anywhere, told without times, leases or counts.
      let out: "nothing" | "perhaps" | "surely" | "acknowledged" | "rejected" = "nothing";
      let isOpen = false;
      return (each, _, after) => {
        const word = each.kind === "settle" ? each.outcome.kind : each.kind === "answer" ? each.answer.kind : null;
        if (each.kind === "begin") isOpen = true;
        if (each.kind === "resend" || (each.kind === "hasten" && out === "nothing")) out = "nothing";
        if (each.kind === "expire") out = isOpen ? "perhaps" : "nothing";
        if (out !== "acknowledged" && out !== "rejected") {
          if (word === "received") out = "acknowledged";
          if (word === "rejected") out = "rejected";
          if (word === "pending") out = "surely";
          if (word === "sent") out = isOpen ? "surely" : "perhaps";
          if (word === "in-doubt" || word === "disagrees") out = "perhaps";
          if (word === "unsent") out = isOpen ? "perhaps" : "nothing";
          if (word === "not-received") out = out === "surely" ? "perhaps" : "nothing";
        }
        if (each.kind !== "begin") isOpen = after.phase === "sending";
        expect(after.state).toBe({ nothing: "sealed", perhaps: "in-doubt", surely: "sent", acknowledged: "acknowledged", rejected: "rejected" }[out]);
      };
    });
  });

  test("what surely brought nothing is tried a bounded number of times by itself", () => {
    everyPlay(() => {
      let claims = 0;
      return (each, _, after) => {
        if (each.kind === "claim") claims += 1;
        if (each.kind === "hasten" || each.kind === "resend" || after.state !== "sealed") claims = 0;
        expect(claims).toBeLessThanOrEqual(12);
      };
    });
  });
});
