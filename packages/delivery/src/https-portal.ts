import { type Exchanged, exchange, type MutualTls } from "@sallyport/outbound";
import { type Asked, type Outcome, readReceipt, RECEIPT_BYTES_MAX, type RouteSettings, type Said, type Sealed, verdictOf } from "@sallyport/outbox";
import { asSealed, type Parcel, type Portal, type Word } from "./portal.ts";

const IDLE_MS = 60_000;
const ASK_MS = 30_000;

/** A portal over HTTPS, as docs/spec/delivery-v1.md says: the packet is put under its key, and the answer is the receipt. */
export function httpsPortal(settings: RouteSettings & { readonly kind: "https" }, tls: MutualTls): Portal {
  const { host, port, path } = settings;
  const urlOf = (key: string): URL => new URL(`https://${host}:${port}${path}/${key}`);
  const ask = async (method: "GET" | "HEAD", url: URL): Promise<Exchanged> =>
    exchange({ url, method, headers: { accept: "application/json" }, tls, idleMs: ASK_MS, deadlineMs: ASK_MS, answerMax: RECEIPT_BYTES_MAX });
  return {
    async deliver({ idempotencyKey, sha256, length, bytes, begin, deadlineMs }: Parcel): Promise<Word<Outcome>> {
      const sealed = { idempotencyKey, sha256, length };
      const headers = {
        "content-type": "application/age",
        accept: "application/json",
        // A string of structured fields (RFC 9651), and RFC 9530.
        "idempotency-key": `"${idempotencyKey}"`,
        "content-digest": `sha-256=:${Buffer.from(sha256, "hex").toString("base64")}:`,
      };
      const body = { length, begin, bytes: asSealed(bytes(), sha256) };
      const { hasBegun, answer, error } = await exchange({
        url: urlOf(idempotencyKey),
        method: "PUT",
        headers,
        tls,
        body,
        idleMs: IDLE_MS,
        deadlineMs,
        answerMax: RECEIPT_BYTES_MAX,
      });
      const word = answer === null ? null : wordOf(answer.body, sealed);
      if (word !== null) return word;
      const failure = answer === null ? failureOf(error) : `status.${answer.status}`;
      return { said: { kind: hasBegun ? "in-doubt" : "unsent", failure }, receipt: null };
    },

    async ask({ idempotencyKey, sha256, length }): Promise<Word<Asked>> {
      const { answer, error } = await ask("GET", urlOf(idempotencyKey));
      const word = answer === null ? null : wordOf(answer.body, { idempotencyKey, sha256, length });
      // A status alone says nothing of the packet: it may be any server's on the way.
      return word ?? { said: { kind: "unknown", failure: answer === null ? failureOf(error) : `status.${answer.status}` }, receipt: null };
    },

    async health(): Promise<string | null> {
      const { answer, error } = await ask("HEAD", new URL(`https://${host}:${port}${path}/`));
      if (answer === null) return failureOf(error);
      return answer.status === 200 || answer.status === 204 ? null : `status.${answer.status}`;
    },
  };
}

function wordOf(body: Buffer, sealed: Sealed): Word<Said> | null {
  const receipt = readReceipt(body);
  return receipt === null ? null : { said: verdictOf(receipt, sealed), receipt: body };
}

/** Why nothing was answered, in a word. What a server or a library says stays here. */
function failureOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (/CERT|SIGNATURE|ALTNAME|SSL|TLS/.test(code)) return "tls";
  return code === "ECONNREFUSED" || code === "ENOTFOUND" || code === "EHOSTUNREACH" ? "unreachable" : "broken_off";
}
