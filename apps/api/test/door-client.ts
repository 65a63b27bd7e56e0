import { randomUUID } from "node:crypto";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { Agent, request } from "node:https";
import { createInterface } from "node:readline";
import type { TLSSocket } from "node:tls";
import { clientOptions, type Identity } from "@sallyport/pki";
import { processId } from "@sallyport/zones";

/** What the door answered. */
export interface Reply {
  readonly status: number;
  readonly text: string;
  /** Whether the door ends the connection after it. */
  readonly closes: boolean;
  /** Serial of the certificate that the server showed. */
  readonly serverSerial: string;
}

/** One request, as raw as node lets it be. */
export interface Ask {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Buffer;
}

/** A part that a caller means when it names only where: what is judged before its bytes needs no more of them. */
const ANY_PART = Buffer.alloc(256 * 1024);

/** Which part of which file. */
export interface PartPlace {
  readonly packetId: string;
  readonly file: number;
  readonly offset: number;
}

/** Keeps connections as one workload, and sends requests without a word of its own. */
export class DoorClient {
  readonly agent: Agent;
  readonly #port: number;

  constructor(port: number, trustDomain: string, identity: Identity, options: { readonly keepAlive?: boolean; readonly maxSockets?: number } = {}) {
    this.#port = port;
    const { keepAlive = true, maxSockets = 64 } = options;
    this.agent = new Agent({ ...clientOptions(identity, processId(trustDomain, "api")), servername: "localhost", keepAlive, maxSockets });
  }

  send({ method = "POST", path, headers = {}, body = "" }: Ask): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const call = request({
        host: "127.0.0.1",
        port: this.#port,
        method,
        path,
        agent: this.agent,
        headers: { "content-type": "application/json", ...(body.length > 0 && { "content-length": String(Buffer.byteLength(body)) }), ...headers },
      });
      call.once("error", reject);
      call.once("response", (response) => {
        const serverSerial = (response.socket as TLSSocket).getPeerX509Certificate()?.serialNumber ?? "";
        let text = "";
        if (response.headers["content-type"] === "application/x-ndjson") {
          // A watch was opened, and would go on.
          response.once("data", () => {
            resolve({ status: response.statusCode ?? 0, text: "", closes: false, serverSerial });
            call.destroy();
          });
          return;
        }
        response.setEncoding("utf8").on("data", (part: string) => (text += part));
        response.once("error", reject);
        response.once("end", () => resolve({ status: response.statusCode ?? 0, text, closes: response.headers.connection === "close", serverSerial }));
      });
      call.end(body);
    });
  }

  /** Calls a procedure; a key is made where none is given. */
  call(procedure: string, input: unknown, token: string, key: string = randomUUID()): Promise<Reply> {
    if (procedure === "packets.part") return this.part(input as PartPlace, ANY_PART, token);
    return this.send({ path: `/trpc/${procedure}`, headers: { authorization: `Bearer ${token}`, "idempotency-key": key }, body: JSON.stringify(input) });
  }

  /** Sends one part of an upload, by its own route. */
  part({ packetId, file, offset }: PartPlace, body: Buffer, token: string): Promise<Reply> {
    return this.send({ path: `/upload/${packetId}/${file}/${offset}`, headers: { authorization: `Bearer ${token}`, "content-type": "application/octet-stream" }, body });
  }

  /** Opens a watch; yields what each line says, until the answer ends or the loop is left. */
  async *watch(procedure: string, input: unknown, token: string): AsyncGenerator<Record<string, unknown>, void, undefined> {
    const body = JSON.stringify(input);
    const call = request({
      host: "127.0.0.1",
      port: this.#port,
      method: "POST",
      path: `/trpc/${procedure}`,
      agent: this.agent,
      headers: { "content-type": "application/json", "content-length": String(Buffer.byteLength(body)), authorization: `Bearer ${token}` },
    });
    const answered = once(call, "response") as Promise<[IncomingMessage]>;
    call.end(body);
    try {
      const [response] = await answered;
      const lines = createInterface({ input: response });
      // Whoever leaves breaks the connection off.
      lines.on("error", () => undefined);
      for await (const line of lines) yield JSON.parse(line) as Record<string, unknown>;
    } finally {
      call.destroy();
    }
  }

  close(): void {
    this.agent.destroy();
  }
}

/** The id of a token, which a lock of it names. */
export const jtiOf = (token: string): string => (JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as { jti: string }).jti;
