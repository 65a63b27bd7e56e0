import { tokenOf } from "./call.ts";
import { failureOf, failureSaid, SallyportClientError } from "./client-error.ts";
import { ConnectionFault, TokenFault } from "./connection-fault.ts";
import type { SessionKeeper } from "./session.ts";

/** A line of a watch is one event; the largest is a page of an export. */
const LINE_BYTES_MAX = 16 * 1024 * 1024;
/** The api says something every five seconds; a connection that says nothing for so long is dead. */
const SILENCE_MS = 20_000;

/**
 * Opens a watch and yields its events as they come, until it ends: by itself, by the signal, or by a failure. It isn't opened again by
 * itself: what was missed meanwhile is for the caller to look up.
 *
 * @throws SallyportClientError for every failure, also in the middle; the signal's reason where the caller gave up.
 */
export async function* watchProcedure(path: string, input: unknown, sessions: SessionKeeper, given: AbortSignal | null): AsyncGenerator<unknown, void, undefined> {
  const gone = new AbortController();
  const signal = given === null ? gone.signal : AbortSignal.any([given, gone.signal]);
  let silence = setTimeout(() => gone.abort(), SILENCE_MS);
  try {
    const session = sessions.current();
    const token = await tokenOf(session, signal);
    const answer = await session.transport.open(
      { method: "POST", path: `/trpc/${path}`, headers: { authorization: `Bearer ${token}` }, body: JSON.stringify(input ?? {}), isAlone: true },
      signal,
    );
    if (answer.status !== 200) {
      const failure = failureOf(answer.status, await textOf(answer.body));
      if (failure.status === 401) session.tokens.discard(token);
      throw failure;
    }
    for await (const line of linesOf(answer.body)) {
      clearTimeout(silence);
      silence = setTimeout(() => gone.abort(), SILENCE_MS);
      const said = objectIn(line);
      if ("event" in said) yield said["event"];
      else if ("error" in said) throw failureSaid(JSON.stringify(said["error"]));
    }
  } catch (error) {
    if (given?.aborted === true) throw given.reason;
    const cause = error instanceof TokenFault ? error.failure : error;
    if (cause instanceof ConnectionFault) throw new SallyportClientError(cause.mayHaveBeenSent ? "connection.lost" : cause.code, { cause });
    throw cause;
  } finally {
    clearTimeout(silence);
    gone.abort();
  }
}

async function textOf(body: AsyncIterable<Buffer>): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of body) parts.push(part);
  return Buffer.concat(parts).toString();
}

/** Each byte is looked at once and copied once, in however many parts a line comes. */
async function* linesOf(body: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let begun: Buffer[] = [];
  let length = 0;
  for await (const part of body) {
    let from = 0;
    for (let at = part.indexOf(10); at !== -1; at = part.indexOf(10, from)) {
      begun.push(part.subarray(from, at));
      yield begun.length === 1 ? part.toString("utf8", from, at) : Buffer.concat(begun).toString("utf8");
      begun = [];
      length = 0;
      from = at + 1;
    }
    if (from === part.length) continue;
    begun.push(part.subarray(from));
    length += part.length - from;
    if (length > LINE_BYTES_MAX) throw new SallyportClientError("internal");
  }
}

function objectIn(line: string): Record<string, unknown> {
  try {
    const said: unknown = JSON.parse(line);
    if (typeof said === "object" && said !== null) return said as Record<string, unknown>;
  } catch (error) {
    throw new SallyportClientError("internal", error instanceof Error ? { cause: error } : {});
  }
  throw new SallyportClientError("internal");
}
