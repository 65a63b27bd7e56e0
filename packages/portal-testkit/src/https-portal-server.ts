import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import { freePort } from "@sallyport/embedded-postgres";
import { Authority, createAuthority, createRequest } from "@sallyport/pki";

/** What a portal does with the next packets. `taken`: the whole of it, with a receipt. */
export type Manner =
  | "taken"
  | "rejected"
  | "pending"
  /** Says before any byte that it can't now. */
  | "refuses"
  /** Takes every byte and breaks off without a word. */
  | "swallows"
  /** Breaks off after the first bytes, and has nothing. */
  | "breaks-off"
  /** Takes it and speaks of other bytes. */
  | "other-bytes"
  /** Leads elsewhere. */
  | "redirects";

/** A packet that this portal has. */
interface Held {
  readonly sha256: string;
  readonly length: number;
  outcome: "received" | "rejected" | "pending";
}

const YEARS = 1;
const TRUST_DOMAIN = "portal.example";

/** A portal over HTTPS as docs/spec/delivery-v1.md says it, with an authority of its own, which knows its callers by their certificates. */
export class HttpsPortalServer {
  readonly port: number;
  readonly host = "localhost";
  readonly path = "/packets";
  /** PEM of the authority that its own and its callers' certificates are of. */
  readonly ca: string;
  manner: Manner = "taken";
  /** Whether it is well, to whoever asks. */
  isWell = true;
  /** Packets by key: what it has of each. */
  readonly held = new Map<string, Held>();
  /** How often the whole of a packet came in, by key: once is right. */
  readonly arrivals = new Map<string, number>();
  /** Requests that had no certificate of its authority's. */
  strangers = 0;
  readonly #authority: Authority;
  #server: Server | null = null;

  private constructor(port: number) {
    this.port = port;
    const material = createAuthority({ trustDomain: TRUST_DOMAIN, now: Date.now, years: YEARS });
    this.ca = material.certPem;
    this.#authority = new Authority(material, Date.now);
  }

  static async start(): Promise<HttpsPortalServer> {
    const portal = new HttpsPortalServer(await freePort());
    await portal.up();
    return portal;
  }

  /** A certificate that it lets in, PEM. */
  certificate(): { readonly cert: string; readonly key: string } {
    const { csrPem, keyPem } = createRequest();
    return { cert: this.#authority.issue({ csrPem, spiffe: `spiffe://${TRUST_DOMAIN}/service/sender`, dns: [] }).certPem, key: keyPem };
  }

  async up(): Promise<void> {
    const { csrPem, keyPem } = createRequest();
    const cert = this.#authority.issue({ csrPem, spiffe: `spiffe://${TRUST_DOMAIN}/service/portal`, dns: ["localhost"] }).certPem;
    const server = createServer({ key: keyPem, cert, ca: this.ca, requestCert: true, rejectUnauthorized: true, minVersion: "TLSv1.3" });
    server.on("tlsClientError", () => (this.strangers += 1));
    server.on("checkContinue", (request: IncomingMessage, response: ServerResponse) => this.#put(request, response));
    server.on("request", (request: IncomingMessage, response: ServerResponse) => this.#other(request, response));
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(this.port, "127.0.0.1", resolve));
  }

  /** Ends it and every connection to it at once. */
  async down(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    server?.closeAllConnections();
    await new Promise<void>((resolve) => (server === null ? resolve() : server.close(() => resolve())));
  }

  #put(request: IncomingMessage, response: ServerResponse): void {
    const key = this.#keyOf(request);
    const { manner } = this;
    const known = this.held.get(key);
    if (manner === "redirects") {
      response.writeHead(307, { location: `https://localhost:${this.port}/elsewhere` }).end();
      return;
    }
    if (manner === "refuses" || request.headers["idempotency-key"] !== `"${key}"`) {
      response.writeHead(manner === "refuses" ? 503 : 400).end();
      return;
    }
    if (known !== undefined) {
      this.#receipt(response, key, known);
      return;
    }
    response.writeContinue();
    const hash = createHash("sha256");
    let length = 0;
    request.on("data", (piece: Buffer) => {
      hash.update(piece);
      length += piece.length;
      if (manner === "breaks-off") request.socket.destroy();
    });
    request.on("error", () => undefined);
    request.once("end", () => {
      const sha256 = hash.digest("hex");
      if (request.headers["content-digest"] !== `sha-256=:${Buffer.from(sha256, "hex").toString("base64")}:`) {
        response.writeHead(400).end();
        return;
      }
      this.arrivals.set(key, (this.arrivals.get(key) ?? 0) + 1);
      const held: Held = { sha256: manner === "other-bytes" ? "0".repeat(64) : sha256, length, outcome: manner === "rejected" || manner === "pending" ? manner : "received" };
      this.held.set(key, held);
      if (manner === "swallows") request.socket.destroy();
      else this.#receipt(response, key, held);
    });
  }

  #other(request: IncomingMessage, response: ServerResponse): void {
    if (request.method === "HEAD") {
      response.writeHead(this.isWell ? 204 : 503).end();
      return;
    }
    this.#receipt(response, this.#keyOf(request), this.held.get(this.#keyOf(request)) ?? null);
  }

  #receipt(response: ServerResponse, key: string, held: Held | null): void {
    const said = { v: 1, key, at: new Date().toISOString() };
    const of = held === null ? null : { sha256: held.sha256, length: held.length, receipt: `r-${key.slice(0, 8)}` };
    const body =
      held === null
        ? { ...said, outcome: "not-received" }
        : held.outcome === "pending"
          ? { ...said, outcome: "pending" }
          : { ...said, outcome: held.outcome, ...of, ...(held.outcome === "rejected" && { reason: "schema.invalid" }) };
    response.writeHead(held === null ? 404 : held.outcome === "pending" ? 202 : 200, { "content-type": "application/json" }).end(JSON.stringify(body));
  }

  #keyOf(request: IncomingMessage): string {
    return (request.url ?? "").slice(this.path.length + 1);
  }
}
