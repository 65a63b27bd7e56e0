import type { SessionFacts } from "../bff/session-vault.ts";
import { type EndReason, liveSession } from "./live-session.ts";
import type { CallPath, InputOf, OutputOf, WatchPath } from "./procedures.ts";
import { failureIn, WireFailure } from "./wire-failure.ts";

export interface SendOptions {
  /** Polls, watches and whatever else nobody asked for just now: it doesn't keep the session alive. */
  readonly isBackground?: boolean;
  /** 16 to 64 characters; a change that is sent again with the same key happens once. */
  readonly idempotencyKey?: string;
  readonly signal?: AbortSignal;
}

const END_REASONS: Readonly<Record<string, EndReason>> = { "session.idle": "idle", "session.expired": "expired", "session.other": "other", "session.missing": "missing" };

async function post(url: string, body: unknown, headers: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<Response> {
  return await postBytes(url, JSON.stringify(body), { "content-type": "application/json", ...headers }, signal);
}

async function postBytes(url: string, body: BodyInit, headers: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<Response> {
  try {
    return await fetch(url, {
      method: "POST",
      cache: "no-store",
      credentials: "same-origin",
      redirect: "error",
      headers: { "x-sallyport": "1", ...headers },
      body,
      ...(signal !== undefined && { signal }),
    });
  } catch (error) {
    if (signal?.aborted === true) throw error;
    // A browser doesn't say how far the request came, so it may have been carried out.
    throw new WireFailure("connection.lost");
  }
}

async function failureOf(response: Response): Promise<WireFailure> {
  const failure = failureIn(await response.json().catch(() => null));
  if (failure.endsSession) liveSession.end(END_REASONS[failure.code] ?? "ended");
  return failure;
}

function sessionHeaders({ isBackground = false, idempotencyKey }: SendOptions): Record<string, string> {
  return {
    "sallyport-session": liveSession.facts?.sessionId ?? "",
    ...(isBackground && { "sallyport-background": "1" }),
    ...(idempotencyKey !== undefined && { "idempotency-key": idempotencyKey }),
  };
}

/** Calls a procedure as whoever is signed in. @throws WireFailure; where it ends the session, {@link liveSession} has ended. */
export async function sendCall<P extends CallPath>(path: P, input: InputOf<P>, options: SendOptions = {}): Promise<OutputOf<P>> {
  const response = await post(`/api/call/${path}`, input, sessionHeaders(options), options.signal);
  if (!response.ok) throw await failureOf(response);
  if (options.isBackground !== true) liveSession.noteActivity();
  const body = (await response.json().catch(() => null)) as { result?: { data?: OutputOf<P> } } | null;
  if (body?.result?.data === undefined) throw new WireFailure("service.unavailable");
  return body.result.data;
}

/**
 * Reads a watch until it ends, is aborted or fails; heartbeats are passed over.
 * @throws WireFailure as the watch's last line says it; `connection.lost` where the stream breaks off.
 */
export async function readWatch<P extends WatchPath>(path: P, input: InputOf<P>, onEvent: (event: OutputOf<P>) => void, signal: AbortSignal): Promise<void> {
  const response = await post(`/api/watch/${path}`, input, sessionHeaders({ isBackground: true }), signal);
  if (!response.ok || response.body === null) throw await failureOf(response);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const lines = (rest + value).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) if (line !== "") takeLine(line, onEvent);
    }
  } catch (error) {
    if (signal.aborted || error instanceof WireFailure) throw error;
    throw new WireFailure("connection.lost");
  }
}

function takeLine<Event>(line: string, onEvent: (event: Event) => void): void {
  const parsed = JSON.parse(line) as { event?: Event; beat?: true; error?: unknown };
  if (parsed.error !== undefined) {
    const failure = failureIn(parsed.error);
    if (failure.endsSession) liveSession.end(END_REASONS[failure.code] ?? "ended");
    throw failure;
  }
  if (parsed.event !== undefined) onEvent(parsed.event);
}

/** A part of a file that is being brought in: which file of which packet, and from where on. */
export interface Part {
  readonly packetId: string;
  readonly n: number;
  readonly offset: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Sends a part, and answers the offset that is next: past this part, or another where the packet holds more or less than this page knew. It
 * never counts as activity. @throws WireFailure
 */
export async function sendPart({ packetId, n, offset, bytes }: Part, signal: AbortSignal): Promise<number> {
  const headers = { "content-type": "application/octet-stream", ...sessionHeaders({}) };
  const response = await postBytes(`/api/upload/${packetId}/${n}/${offset}`, bytes, headers, signal);
  const body = (await response
    .clone()
    .json()
    .catch(() => null)) as { result?: { data?: { received?: unknown } }; code?: unknown; next?: unknown } | null;
  const next = response.ok ? body?.result?.data?.received : body?.code === "packet.offset" ? body.next : null;
  if (typeof next === "number" && Number.isSafeInteger(next) && next >= 0) return next;
  throw response.ok ? new WireFailure("service.unavailable") : await failureOf(response);
}

/** Takes a step of signing in, enrolling or signing out. @throws WireFailure */
export async function sendStep<Output>(step: string, input: object = {}): Promise<Output> {
  const response = await post(`/api/session/${step}`, input, {});
  const body: unknown = await response.json().catch(() => null);
  if (!response.ok) throw failureIn(body);
  return body as Output;
}

/** Asks whose session this browser has. It doesn't count as activity. */
export const resumeSession = async (): Promise<SessionFacts> => await sendStep<SessionFacts>("resume");

/** Finds out whether this page's session still stands; where it doesn't, {@link liveSession} has ended. What can't be asked changes nothing. */
export async function checkSession(): Promise<void> {
  try {
    await resumeSession();
  } catch (error) {
    if (error instanceof WireFailure && error.endsSession) liveSession.end(END_REASONS[error.code] ?? "ended");
  }
}
