import { once } from "node:events";
import type { ClientRequest, IncomingMessage } from "node:http";
import { request as tlsRequest } from "node:https";
import { type Answer, readAnswer } from "./send.ts";

/** By what we prove ourselves to a server, and by what it has to. PEM. */
export interface MutualTls {
  readonly cert: string;
  readonly key: string;
  /** The authorities to trust instead of the system's. */
  readonly ca?: string | undefined;
}

/** A long body, of which no byte leaves before the server has said that it takes it. */
interface LongBody {
  readonly length: number;
  readonly bytes: AsyncIterable<Uint8Array>;
  /** Waited for between the server's leave and the first byte; what it throws ends the exchange. */
  readonly begin: () => Promise<void>;
}

/** One request to a server that knows us by a certificate. */
export interface Exchange {
  readonly url: URL;
  readonly method: "GET" | "HEAD" | "PUT";
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: MutualTls;
  readonly body?: LongBody;
  /** Milliseconds in which nothing moves. */
  readonly idleMs: number;
  readonly deadlineMs: number;
  readonly answerMax: number;
}

/** What came of it. `hasBegun`: whether a byte of the body may have gone out. Null where no whole answer came. */
export interface Exchanged {
  readonly hasBegun: boolean;
  readonly answer: Answer | null;
  readonly error: unknown;
}

/**
 * Sends a request over mutual TLS, with a body only once the server has answered `100 Continue` (RFC 9110 section 10.1.1). Never throws; nothing is followed,
 * nothing is sent again.
 */
export async function exchange({ url, method, headers, tls, body, idleMs, deadlineMs, answerMax }: Exchange): Promise<Exchanged> {
  let hasBegun = false;
  const gone = new AbortController();
  const late = setTimeout(() => gone.abort(new Error("too late")), deadlineMs);
  const length = body === undefined ? {} : { "content-length": String(body.length), expect: "100-continue" };
  try {
    if (url.protocol !== "https:") throw new TypeError("no TLS");
    const request = tlsRequest(url, { method, headers: { ...headers, ...length }, ...tls, minVersion: "TLSv1.3", agent: false, signal: gone.signal });
    request.setTimeout(idleMs, () => request.destroy(new Error("idle")));
    const answered = answerTo(request);
    if (body === undefined) request.end();
    else {
      request.flushHeaders();
      if (await isTaken(request, answered)) {
        await body.begin();
        hasBegun = true;
        await pour(request, body, answered);
      }
    }
    const answer = await readAnswer(await answered, answerMax);
    request.destroy();
    return { hasBegun, answer, error: null };
  } catch (error) {
    gone.abort(error);
    return { hasBegun, answer: null, error };
  } finally {
    clearTimeout(late);
  }
}

/** The answer, whenever it comes. Somebody always waits for it, so that an early failure is nobody's surprise. */
function answerTo(request: ClientRequest): Promise<IncomingMessage> {
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    request.once("response", resolve);
    // It stays: an error after the answer has begun is met by whoever reads it.
    request.on("error", reject);
  });
  answered.catch(() => undefined);
  return answered;
}

/** Whether the server takes the body; otherwise it has answered already. */
const isTaken = (request: ClientRequest, answered: Promise<IncomingMessage>): Promise<boolean> =>
  Promise.race([once(request, "continue").then(() => true), answered.then(() => false)]);

/** Writes the body as fast as it is taken, until its end or an early answer. @throws RangeError where it has another length than was said. */
async function pour(request: ClientRequest, { length, bytes }: LongBody, answered: Promise<IncomingMessage>): Promise<void> {
  let isAnswered = false;
  void answered.then(
    () => (isAnswered = true),
    () => (isAnswered = true),
  );
  let at = 0;
  for await (const piece of bytes) {
    if (isAnswered) return;
    at += piece.length;
    if (at > length) break;
    if (!request.write(piece)) await Promise.race([once(request, "drain"), answered]);
  }
  if (at !== length) throw new RangeError("the body has another length");
  request.end();
}
