import { request as plainRequest, type ClientRequest, type IncomingMessage } from "node:http";
import { request as tlsRequest } from "node:https";
import { SallyportError } from "@sallyport/errors";

/** One request to a server that isn't ours. */
export interface Outbound {
  /** POST if absent. With GET, nothing is sent as a body. */
  readonly method?: "GET" | "POST";
  readonly url: URL;
  readonly body: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
  readonly deadlineMs: number;
  /** Bytes that an answer may have. */
  readonly answerMax: number;
  /** PEM of the authorities to trust instead of the system's. */
  readonly ca?: string;
}

export interface Answer {
  readonly status: number;
  /** Media type, without its parameters; empty where there is none. */
  readonly type: string;
  readonly body: Buffer;
}

/** Whether this may be called: over TLS, or plainly on this machine; without a name, a password or a fragment in it. */
export function isOutboundUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password, hash } = new URL(text);
  const isLocal = hostname === "localhost" || hostname === "127.0.0.1";
  return (protocol === "https:" || (protocol === "http:" && isLocal)) && username === "" && password === "" && hash === "";
}

/**
 * Sends a body and reads the whole answer. An answer that leads elsewhere is an answer like any other: nothing is followed.
 *
 * @throws SallyportError `service.unavailable` where no whole answer of at most `answerMax` bytes came before the deadline.
 */
export async function send(outbound: Outbound): Promise<Answer> {
  const { method = "POST", url, body, headers, deadlineMs, answerMax, ca } = outbound;
  if (!isOutboundUrl(url.href)) throw new SallyportError("service.unavailable", { why: "address" });
  const options = { method, headers: { ...headers, ...(method === "POST" && { "content-length": String(body.length) }) }, signal: AbortSignal.timeout(deadlineMs), agent: false };
  try {
    const request = url.protocol === "https:" ? tlsRequest(url, { ...options, minVersion: "TLSv1.2", ...(ca !== undefined && { ca }) }) : plainRequest(url, options);
    return await readAnswer(await answerTo(request, body), answerMax);
  } catch (error) {
    throw new SallyportError("service.unavailable", { host: url.host }, error);
  }
}

const answerTo = (request: ClientRequest, body: Uint8Array): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    request.once("response", resolve);
    request.once("error", reject);
    request.end(body);
  });

/** Reads an answer whole. @throws RangeError for a longer one, and whatever breaks it off. */
export async function readAnswer(answer: IncomingMessage, answerMax: number): Promise<Answer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > answerMax) throw new RangeError("the answer is too long");
    chunks.push(chunk);
  }
  const [type = ""] = (answer.headers["content-type"] ?? "").split(";");
  return { status: answer.statusCode ?? 0, type: type.trim().toLowerCase(), body: Buffer.concat(chunks) };
}
