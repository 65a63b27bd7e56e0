import { setTimeout as sleep } from "node:timers/promises";
import { catalog } from "@sallyport/errors";
import { SallyportClientError } from "./client-error.ts";
import { ConnectionFault, TokenFault } from "./connection-fault.ts";

/** Sends of one call at most, the first one included. */
export const TRIES_MAX = 4;
/** How long a call may take with all its tries, unless the caller says otherwise. */
export const DEADLINE_MS = 15_000;
const BACKOFF_FIRST_MS = 250;
const BACKOFF_MAX_MS = 2_000;

/** Time and chance, as the retry loop and the token cache use them. */
export interface Pace {
  /** Milliseconds that only ever grow. */
  now(): number;
  /** In [0, 1). */
  random(): number;
  /** Resolves after `ms`, or rejects with the signal's reason. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** Time as it passes. */
export const REAL_PACE: Pace = {
  now: () => performance.now(),
  random: Math.random,
  sleep: async (ms, signal) => {
    await sleep(ms, undefined, { signal });
  },
};

/** What decides whether a call is sent again. */
interface RetryState {
  /** Sends so far, the failed one included. */
  readonly sends: number;
  /** Whether sending the call twice has one effect at most. */
  readonly repeatable: boolean;
  /** Whether the token was already renewed for this call. */
  readonly renewed: boolean;
}

type NextStep = { readonly do: "stop" } | { readonly do: "renew" } | { readonly do: "wait"; readonly backoffMs: number };

const RENEWABLE: ReadonlySet<string> = new Set(["token.time", "token.key", "token.binding"]);
const STOP: NextStep = { do: "stop" };

/**
 * Whether a failed call is sent again: where nothing of it was sent, after whatever may pass; after a 503, a reset or a stale
 * token only where a second send is harmless; after anything else never.
 */
function nextStep(state: RetryState, failure: unknown): NextStep {
  if (state.sends >= TRIES_MAX) return STOP;
  const wait: NextStep = { do: "wait", backoffMs: Math.min(BACKOFF_FIRST_MS * 2 ** (state.sends - 1), BACKOFF_MAX_MS) };
  if (failure instanceof TokenFault) return mayPass(failure.failure) ? wait : STOP;
  if (failure instanceof ConnectionFault && failure.kind === "refused") return wait;
  if (!state.repeatable) return STOP;
  if (mayPass(failure)) return wait;
  return failure instanceof SallyportClientError && RENEWABLE.has(failure.code) && !state.renewed ? { do: "renew" } : STOP;
}

/** Refused and broken connections, and a 503 that the catalogue calls temporary. */
function mayPass(failure: unknown): boolean {
  if (failure instanceof ConnectionFault) return failure.kind === "refused" || failure.kind === "reset";
  return failure instanceof SallyportClientError && failure.status === 503 && catalog[failure.code].retry;
}

export interface RepeatedCall<T> {
  readonly repeatable: boolean;
  readonly deadlineMs: number;
  readonly signal: AbortSignal | null;
  readonly idempotencyKey?: string;
  /** One send. The signal ends it at the deadline, or when the caller gives up. */
  send(signal: AbortSignal): Promise<T>;
  /** Called before the one send that follows a refused token. */
  renew(): void;
}

/**
 * Sends a call until it succeeds, fails for good, or its tries or time run out.
 *
 * @throws SallyportClientError: the last failure; `connection.lost` wherever one of the sends may have reached the api and
 * no answer tells what became of it.
 */
export async function sendWithRetry<T>(call: RepeatedCall<T>, pace: Pace): Promise<T> {
  const endsAt = pace.now() + call.deadlineMs;
  const timeout = AbortSignal.timeout(call.deadlineMs);
  const signal = call.signal === null ? timeout : AbortSignal.any([call.signal, timeout]);
  let state: RetryState = { sends: 0, repeatable: call.repeatable, renewed: false };
  let isOutcomeUnknown = false;

  for (;;) {
    state = { ...state, sends: state.sends + 1 };
    try {
      return await call.send(signal);
    } catch (failure) {
      if (call.signal?.aborted === true) throw call.signal.reason;
      if (failure instanceof ConnectionFault && failure.mayHaveBeenSent) isOutcomeUnknown = true;
      const step = nextStep(state, failure);
      const delayMs = step.do === "wait" ? step.backoffMs * (0.5 + pace.random() / 2) : 0;
      if (step.do === "stop" || pace.now() + delayMs >= endsAt) throw conclusion(failure, isOutcomeUnknown, call.idempotencyKey);
      if (step.do === "renew") {
        call.renew();
        state = { ...state, renewed: true };
      }
      if (delayMs > 0) await pause(pace, delayMs, call);
    }
  }
}

/** Waits under the caller's signal alone: the deadline was weighed before. */
async function pause(pace: Pace, ms: number, call: { readonly signal: AbortSignal | null }): Promise<void> {
  await pace.sleep(ms, call.signal ?? new AbortController().signal);
}

/** An answer about this call settles it; without one, a send that may have arrived leaves it open. */
function conclusion(failure: unknown, isOutcomeUnknown: boolean, idempotencyKey: string | undefined): unknown {
  const facts = { ...(idempotencyKey !== undefined && { idempotencyKey }) };
  const last = failure instanceof TokenFault ? failure.failure : failure;
  if (isOutcomeUnknown && last !== failure) return new SallyportClientError("connection.lost", { ...facts, ...(last instanceof Error && { cause: last }) });
  if (!(last instanceof ConnectionFault)) return last;
  if (isOutcomeUnknown) return new SallyportClientError("connection.lost", { ...facts, cause: last });
  return new SallyportClientError(last.mayHaveBeenSent ? "connection.refused" : last.code, { ...facts, cause: last });
}
