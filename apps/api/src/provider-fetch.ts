import { SallyportError } from "@sallyport/errors";
import type { CustomFetch } from "openid-client";

const BODY_BYTES_MAX = 256 * 1024;

/** Whether the api may talk to this address: over TLS, or to `localhost` where the provider itself is there. */
const isAllowed = (url: URL, issuer: URL): boolean => url.protocol === "https:" || (issuer.protocol === "http:" && url.protocol === "http:" && url.hostname === "localhost");

/**
 * How the api talks to the provider: to the addresses that its own metadata names and to none that an answer sends it on to, for a bounded time, and with
 * a bounded answer. What isn't an answer in this sense is `service.unavailable`.
 */
export const providerFetch =
  (issuer: URL, deadlineMs: number): CustomFetch =>
  async (address, { body, method, headers }) => {
    if (!isAllowed(new URL(address), issuer)) throw new SallyportError("service.unavailable");
    try {
      const answer = await fetch(address, { body: body ?? null, method, headers, redirect: "manual", signal: AbortSignal.timeout(deadlineMs) });
      if (answer.status >= 500 || (answer.status >= 300 && answer.status < 400)) throw new SallyportError("service.unavailable");
      return new Response(await bounded(answer), { status: answer.status, headers: answer.headers });
    } catch {
      throw new SallyportError("service.unavailable");
    }
  };

async function bounded(answer: Response): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // What is left of the body is given up with the loop.
  for await (const chunk of (answer.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) throw new SallyportError("service.unavailable");
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}
