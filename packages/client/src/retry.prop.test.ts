import fc from "fast-check";
import { expect, test } from "vitest";
import { SallyportClientError } from "./client-error.ts";
import { ConnectionFault, type FaultKind, TokenFault } from "./connection-fault.ts";
import { DEADLINE_MS, type Pace, sendWithRetry, TRIES_MAX } from "./retry.ts";

const CODES = [
  "policy.denied",
  "token.time",
  "token.key",
  "token.binding",
  "token.revoked",
  "trail.unavailable",
  "service.busy",
  "service.limited",
  "input.invalid",
  "packet.state",
  "internal",
] as const;
const FAULTS: readonly FaultKind[] = ["refused", "reset", "timeout", "untrusted", "unreachable", "rejected"];

type Event = { readonly takesMs: number; readonly failure: unknown };

const plain = fc.oneof(
  fc.constantFrom(...CODES).map((code) => new SallyportClientError(code)),
  fc.constantFrom(...FAULTS).map((kind) => new ConnectionFault(kind)),
);
const failure = fc.oneof({ weight: 4, arbitrary: plain }, { weight: 1, arbitrary: plain.map((inner) => new TokenFault(inner)) }, { weight: 1, arbitrary: fc.constant(null) });
const event: fc.Arbitrary<Event> = fc.record({ takesMs: fc.integer({ min: 0, max: 9_000 }), failure });
const script = fc.record({
  events: fc.array(event, { minLength: 12, maxLength: 12 }),
  repeatable: fc.boolean(),
  deadlineMs: fc.constantFrom(1_000, DEADLINE_MS),
  random: fc.double({ min: 0, max: 0.999, noNaN: true }),
});

interface Run {
  readonly failures: readonly unknown[];
  readonly renewals: number;
  readonly lastSendAtMs: number;
  readonly outcome: unknown;
}

async function play({ events, repeatable, deadlineMs, random }: { events: readonly Event[]; repeatable: boolean; deadlineMs: number; random: number }): Promise<Run> {
  let clockMs = 0;
  let lastSendAtMs = 0;
  let renewals = 0;
  const failures: unknown[] = [];
  const pace: Pace = {
    now: () => clockMs,
    random: () => random,
    sleep: async (ms) => {
      clockMs += ms;
    },
  };
  const send = async (): Promise<string> => {
    lastSendAtMs = clockMs;
    const { takesMs, failure: now } = events[failures.length] ?? { takesMs: 0, failure: null };
    clockMs += takesMs;
    failures.push(now);
    if (now !== null) throw now;
    return "done";
  };
  const renew = (): void => {
    renewals += 1;
  };
  const outcome = await sendWithRetry({ repeatable, deadlineMs, signal: null, send, renew }, pace).catch((error: unknown) => error);
  return { failures, renewals, lastSendAtMs, outcome };
}

const isUnsent = (one: unknown): boolean => one instanceof TokenFault || (one instanceof ConnectionFault && one.kind === "refused");
const inner = (one: unknown): unknown => (one instanceof TokenFault ? one.failure : one);

test("what may not be repeated is never sent again once it may have been sent", async () => {
  await fc.assert(
    fc.asyncProperty(script, async (given) => {
      const { failures } = await play({ ...given, repeatable: false });
      for (const before of failures.slice(0, -1)) expect(isUnsent(before)).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});

test("a call is sent again after a 503, a refused or broken connection or one stale token, and after nothing else", async () => {
  await fc.assert(
    fc.asyncProperty(script, async (given) => {
      const { failures, renewals } = await play(given);
      for (const before of failures.slice(0, -1).map(inner)) {
        const isTemporary = before instanceof SallyportClientError && before.status === 503;
        const isBroken = before instanceof ConnectionFault && (before.kind === "refused" || before.kind === "reset");
        const isStale = before instanceof SallyportClientError && ["token.time", "token.key", "token.binding"].includes(before.code);
        expect(isTemporary || isBroken || isStale).toBe(true);
      }
      expect(renewals).toBeLessThanOrEqual(1);
    }),
    { numRuns: 2_000 },
  );
});

test("a call is sent four times at most, never after its deadline, and ends with the last send's outcome", async () => {
  await fc.assert(
    fc.asyncProperty(script, async (given) => {
      const { failures, lastSendAtMs, outcome } = await play(given);
      expect(failures.length).toBeLessThanOrEqual(TRIES_MAX);
      expect(lastSendAtMs).toBeLessThan(given.deadlineMs);
      expect(outcome === "done").toBe(failures.at(-1) === null);
    }),
    { numRuns: 2_000 },
  );
});

test("a failure says that the outcome is unknown exactly where a send may have arrived and no answer settled it", async () => {
  await fc.assert(
    fc.asyncProperty(script, async (given) => {
      const { failures, outcome } = await play(given);
      if (outcome === "done") return;
      const mayHaveArrived = failures.some((one) => one instanceof ConnectionFault && one.mayHaveBeenSent);
      const isSettled = failures.at(-1) instanceof SallyportClientError;
      expect(outcome).toBeInstanceOf(SallyportClientError);
      expect((outcome as SallyportClientError).code === "connection.lost").toBe(mayHaveArrived && !isSettled);
    }),
    { numRuns: 2_000 },
  );
});
