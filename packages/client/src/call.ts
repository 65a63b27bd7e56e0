import { randomUUID } from "node:crypto";
import { catalog } from "@sallyport/errors";
import { failureOf, SallyportClientError } from "./client-error.ts";
import { ConnectionFault, TokenFault } from "./connection-fault.ts";
import { DEADLINE_MS, type Pace, sendWithRetry } from "./retry.ts";
import type { Session, SessionKeeper } from "./session.ts";

/** How one call differs from the rest; given as the tRPC call's `context`. */
export interface CallContext extends Record<string, unknown> {
  /** 16 to 64 characters. A change that is repeated with the same key happens once. Made for the call where it isn't given. */
  readonly idempotencyKey?: string;
  /** Milliseconds for the call with all its tries; 15 s if absent. With `acceptLater`, as long again for having it kept. */
  readonly deadlineMs?: number;
  /**
   * Of a service's `packets.begin`, `packets.upload` or `packets.complete`: where the api still can't serve it after every try, have it sealed and kept,
   * to be decided on later. The call then fails with `service.accepted_later` and a `receipt`: it is not done. With an idempotency key of your own,
   * the same call answers once `spool.status` says `replayed`.
   */
  readonly acceptLater?: boolean;
}

/** One call of one procedure. */
export interface ProcedureCall {
  readonly path: string;
  readonly input: unknown;
  readonly isQuery: boolean;
  /** Whether sending it twice has one effect at most. */
  readonly repeatable: boolean;
  readonly context: CallContext;
  readonly signal: AbortSignal | null;
}

const KEY = /^[A-Za-z0-9_-]{16,64}$/;

/**
 * Calls a procedure and answers its data.
 *
 * @throws SallyportClientError for every failure of the call; TypeError for a key or deadline out of bounds; the signal's
 * reason where the caller gave up.
 */
export async function callProcedure(call: ProcedureCall, sessions: SessionKeeper, pace: Pace): Promise<unknown> {
  const { idempotencyKey: given, deadlineMs = DEADLINE_MS } = call.context;
  if (given !== undefined && !KEY.test(given)) throw new TypeError("idempotencyKey takes 16 to 64 characters of A-Z a-z 0-9 _ -");
  if (!(deadlineMs > 0)) throw new TypeError("deadlineMs must be positive");
  const idempotencyKey = call.isQuery ? undefined : (given ?? randomUUID());
  const body = JSON.stringify(call.input ?? {});

  const sender =
    (later: "behind" | "now" | null) =>
    async (signal: AbortSignal): Promise<unknown> => {
      const session = sessions.current();
      const token = await tokenOf(session, signal);
      const headers = {
        authorization: `Bearer ${token}`,
        ...(idempotencyKey !== undefined && { "idempotency-key": idempotencyKey }),
        ...(later !== null && { "sallyport-later": later }),
      };
      const answer = await session.transport.send({ method: "POST", path: `/trpc/${call.path}`, headers, body, isAlone: !call.repeatable }, signal);
      if (answer.status === 200) return dataOf(answer.body);
      const failure = failureOf(answer.status, answer.body, idempotencyKey);
      // Also where this call isn't sent again: the next one then begins with a fresh token.
      if (failure.status === 401) session.tokens.discard(token);
      throw failure;
    };
  const renew = (): void => sessions.look();
  const repeated = { repeatable: call.repeatable, deadlineMs, signal: call.signal, renew, ...(idempotencyKey !== undefined && { idempotencyKey }) };
  const acceptsLater = call.context.acceptLater === true && idempotencyKey !== undefined;
  try {
    return await sendWithRetry({ ...repeated, send: sender(acceptsLater ? "behind" : null) }, pace);
  } catch (error) {
    if (!acceptsLater || !(error instanceof SallyportClientError) || error.status !== 503 || !catalog[error.code].retry || error.code.startsWith("connection.")) throw error;
    return await sendWithRetry({ ...repeated, send: sender("now") }, pace);
  }
}

export async function tokenOf(session: Session, signal: AbortSignal): Promise<string> {
  try {
    return await session.tokens.get(signal);
  } catch (error) {
    throw new TokenFault(signal.aborted ? new ConnectionFault("timeout", error) : error);
  }
}

/** `{"result":{"data":…}}`, the shape of a tRPC success. */
export function dataOf(body: string): unknown {
  try {
    const answer: unknown = JSON.parse(body);
    if (typeof answer === "object" && answer !== null && "result" in answer) {
      const { result } = answer;
      if (typeof result === "object" && result !== null && "data" in result) return result.data;
    }
  } catch (error) {
    throw new SallyportClientError("internal", error instanceof Error ? { cause: error } : {});
  }
  throw new SallyportClientError("internal");
}
