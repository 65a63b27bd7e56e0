import { createServer, type Server } from "node:https";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { type AppRouter, failureOf, type HandOver, type KnockCounter, type RequestContext, WatchStream } from "@sallyport/api";
import { newId } from "@sallyport/crypto";
import { type ErrorCode, SallyportError } from "@sallyport/errors";
import { type Identity, limitConnectionAge, listenerTimeouts, type ListenerLimits, type PeerIdentity, serverOptions, socketPeer } from "@sallyport/pki";
import { callTRPCProcedure } from "@trpc/server";
import { endWithFailure, sendFailure, sendJson } from "./http-answer.ts";
import { isPartPath, partRequest } from "./part-request.ts";
import { type Rate, RateLimit } from "./rate-limit.ts";
import { readJsonBody } from "./read-body.ts";
import { UnfinishedHandshakes } from "./unfinished-handshakes.ts";
import { sendWatch } from "./watch-answer.ts";

/** What the custodian said last of who no longer counts. */
export interface Revocations {
  /** The authorities that are trusted, and the list of each; PEM. The custodian says both at once, so neither is of another time than the other. */
  readonly caPem: string;
  readonly crlPems: readonly string[];
  /** Their keys. */
  readonly authorities: ReadonlySet<string>;
  readonly nextUpdateMs: number;
  readonly serials: ReadonlySet<string>;
  readonly workloads: ReadonlySet<string>;
}

/** A route beside the procedures: tokens, health, and the steps of signing people in. */
export type Route = (peer: PeerIdentity, body: unknown, requestId: string) => Promise<{ readonly status: 200 | 503; readonly body: object }>;

export interface ListenerLimitsAll {
  /** All requests of one certificate. */
  readonly perPeer: Rate;
  /** Requests of one certificate that proved nothing or were refused as such: a guesser runs dry long before a worker does. */
  readonly refusedPerPeer: Rate;
  /** Connections of one network that have not finished their handshake; beyond, the oldest is dropped. */
  readonly handshakesPerNetwork: number;
  /** Requests in hand at once; beyond, `service.busy`. */
  readonly inHandMax: number;
  /** Requests of one certificate in hand at once, so that no one holds all of the places. */
  readonly inHandPerPeer: number;
  /** Parts of uploads in hand at once, of one certificate and of all: each holds its bytes in memory until they are written. */
  readonly partsPerPeer: number;
  readonly partsMax: number;
  /** Watches of one certificate at once. They take no place of the requests; the console has one for each open page. */
  readonly watchesPerPeer: number;
  readonly connectionAgeMs: number;
  /** The longest body of a request that is no upload, in bytes. */
  readonly bodyBytes: number;
  readonly timeouts?: ListenerLimits;
}

export const PRODUCT_LIMITS: ListenerLimitsAll = {
  perPeer: { perSecond: 500, burst: 1000 },
  refusedPerPeer: { perSecond: 5, burst: 50 },
  handshakesPerNetwork: 200,
  inHandMax: 256,
  inHandPerPeer: 64,
  partsPerPeer: 24,
  partsMax: 48,
  watchesPerPeer: 256,
  connectionAgeMs: 300_000,
  bodyBytes: 256 * 1024,
};

export interface ListenerDeps {
  readonly router: AppRouter;
  readonly trustDomain: string;
  readonly identity: () => Identity;
  readonly revocations: () => Revocations;
  readonly token: Route;
  readonly health: Route;
  /** The next certificate of a service. */
  readonly renew: Route;
  /** The route of a step under `/session/`, or null where there is none. */
  readonly session: (step: string) => Route | null;
  /** Proves workload and principal of a request whose body was not read yet; throws as the boundary does. */
  readonly prove: (context: RequestContext) => Promise<unknown>;
  /** What is done with a write that can't be served now. */
  readonly handOver: HandOver;
  readonly knocks: KnockCounter;
  readonly now: () => number;
  readonly limits: ListenerLimitsAll;
  /** Judges the peer of a socket; `socketPeer`, but for tests that switch a defence off. */
  readonly judgePeer?: typeof socketPeer;
}

const KIB = 1024;
const UNPROVEN_BODY_MAX = 16 * KIB;
/** A registration, with what is asked for beside it. */
const SESSION_BODY_MAX = 32 * KIB;
/** Dataset text of 8 MiB, escaped as JSON. */
const UPLOAD_BODY_MAX = 12 * KIB * KIB;
/** The procedure behind the route of parts. */
const PART = "packets.part";
/** How often a watch's peer is judged: within a second of its revocation, it gets nothing more. */
const PEER_EVERY_MS = 500;
const REFUSALS = new Set<ErrorCode>([
  "token.missing",
  "token.malformed",
  "token.algorithm",
  "token.key",
  "token.signature",
  "token.claims",
  "token.time",
  "token.binding",
  "token.revoked",
  "workload.not_allowed",
]);

/**
 * The api's only listener: mTLS 1.3, and one lean path from a request to a procedure (ADR 0006). In order, and cheapest first:
 * workload (at every request), rate and places by certificate, method and route, body, and then the boundary, which does the rest.
 */
export class Listener {
  readonly server: Server;
  readonly #deps: ListenerDeps;
  readonly #perPeer: RateLimit;
  readonly #refusedPerPeer: RateLimit;
  readonly #handshakes: UnfinishedHandshakes;
  readonly #inHandOf = new Map<string, number>();
  readonly #watches = new Map<WatchStream<unknown>, string>();
  readonly #partsOf = new Map<string, number>();
  #inHand = 0;
  #stopping = false;

  constructor(deps: ListenerDeps) {
    this.#deps = deps;
    const { limits, now } = deps;
    this.#perPeer = new RateLimit(limits.perPeer, now);
    this.#refusedPerPeer = new RateLimit(limits.refusedPerPeer, now);
    this.#handshakes = new UnfinishedHandshakes(limits.handshakesPerNetwork);
    this.server = createServer({ ...this.#tls(), ...listenerTimeouts(limits.timeouts), keepAliveTimeout: 65_000, maxHeaderSize: 16 * KIB });
    limitConnectionAge(this.server, limits.connectionAgeMs);
    this.server.on("connection", (socket: Socket) => {
      if (this.#handshakes.begin(socket)) deps.knocks.count("api", "service.limited");
    });
    this.server.on("secureConnection", (socket) => this.#handshakes.end(socket.remoteAddress, socket.remotePort));
    this.server.on("tlsClientError", () => deps.knocks.count("api", "workload.invalid"));
    this.server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
      const code = error.code === "HPE_HEADER_OVERFLOW" ? "input.too_large" : "input.invalid";
      deps.knocks.count("api", code);
      if (code === "input.too_large") endWithFailure(socket, code, newId("req"));
      else socket.destroy();
    });
    this.server.on("request", (request, response) => void this.#serve(request, response));
    for (const event of ["upgrade", "connect"] as const) {
      this.server.on(event, (_request, socket) => {
        deps.knocks.count("api", "input.method");
        socket.destroy();
      });
    }
    this.server.on("checkExpectation", (_request, response) => sendFailure(response, this.#unread(new SallyportError("input.invalid")).code, newId("req")));
  }

  /** Takes up a new certificate or revocation list; connections go on, and are judged by the new list at their next request. */
  renew(): void {
    this.server.setSecureContext(this.#tls());
  }

  /** Stops taking requests and waits, at most `graceMs`, for those in hand. */
  async close(graceMs: number): Promise<void> {
    this.#stopping = true;
    for (const stream of this.#watches.keys()) stream.cut(new SallyportError("service.stopping"));
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeIdleConnections();
    const timer = setTimeout(() => this.server.closeAllConnections(), graceMs);
    await closed;
    clearTimeout(timer);
  }

  #tls() {
    const { caPem, crlPems } = this.#deps.revocations();
    return serverOptions({ ...this.#deps.identity(), caPem }, { crlPem: crlPems });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const requestId = newId("req");
    let peer: PeerIdentity | null = null;
    let held: string | null = null;
    try {
      if (this.#stopping) throw new SallyportError("service.stopping");
      peer = this.#peerOf(request.socket as TLSSocket);
      if (!this.#perPeer.take(peer.x5t) || !this.#refusedPerPeer.has(peer.x5t)) throw new SallyportError("service.limited");
      this.#hold(peer.x5t);
      held = peer.x5t;
      await this.#route(request, response, peer, requestId);
    } catch (error) {
      const { code, context } = failureOf(error);
      if (peer === null || code === "service.limited") this.#deps.knocks.count("api", code);
      else if (REFUSALS.has(code)) this.#refusedPerPeer.take(peer.x5t);
      const { where, next, incident, receipt } = context;
      sendFailure(response, code, requestId, {
        where: Array.isArray(where) ? where : undefined,
        next: typeof next === "number" ? next : undefined,
        incident: typeof incident === "string" ? incident : undefined,
        receipt: typeof receipt === "string" ? receipt : undefined,
      });
    } finally {
      if (held !== null) this.#letGo(held);
    }
  }

  #hold(x5t: string): void {
    const { inHandMax, inHandPerPeer } = this.#deps.limits;
    const own = this.#inHandOf.get(x5t) ?? 0;
    if (this.#inHand >= inHandMax || own >= inHandPerPeer) throw new SallyportError("service.busy");
    this.#inHand += 1;
    this.#inHandOf.set(x5t, own + 1);
  }

  #letGo(x5t: string): void {
    const own = (this.#inHandOf.get(x5t) ?? 1) - 1;
    this.#inHand -= 1;
    if (own === 0) this.#inHandOf.delete(x5t);
    else this.#inHandOf.set(x5t, own);
  }

  /** The workload behind a request, judged anew each time: dates, revocation, and whether the list that says so is itself in date. */
  #peerOf(socket: TLSSocket): PeerIdentity {
    const { now, trustDomain, judgePeer = socketPeer } = this.#deps;
    const revocations = this.#deps.revocations();
    const nowMs = now();
    if (revocations.nextUpdateMs <= nowMs) throw new SallyportError("workload.crl_stale");
    const peer = judgePeer(socket, { trustDomain, nowMs, revoked: revocations.serials, authorities: revocations.authorities });
    if (revocations.workloads.has(peer.spiffe)) throw new SallyportError("workload.revoked");
    return peer;
  }

  async #route(request: IncomingMessage, response: ServerResponse, peer: PeerIdentity, requestId: string): Promise<void> {
    const [path = ""] = (request.url ?? "").split("?");
    if (path === "/health" && request.method === "GET") return sendRoute(response, await this.#deps.health(peer, null, requestId));
    if (request.method !== "POST") throw this.#unread(new SallyportError("input.method"));
    if (path === "/token") return sendRoute(response, await this.#deps.token(peer, await this.#body(request, this.#deps.limits.bodyBytes), requestId));
    if (path === "/renew") return sendRoute(response, await this.#deps.renew(peer, await this.#body(request, SESSION_BODY_MAX), requestId));
    const step = path.startsWith("/session/") ? this.#deps.session(path.slice("/session/".length)) : null;
    if (step !== null) return sendRoute(response, await step(peer, await this.#body(request, SESSION_BODY_MAX), requestId));
    if (isPartPath(path)) return this.#part(path, request, response, { peer, requestId });
    const name = path.startsWith("/trpc/") ? path.slice("/trpc/".length) : "";
    const procedures = this.#deps.router._def.procedures as unknown as Readonly<Record<string, { readonly _def: { readonly type: "query" | "mutation" | "subscription" } }>>;
    const procedure = Object.hasOwn(procedures, name) ? procedures[name] : undefined;
    if (procedure === undefined || name === PART) throw this.#unread(new SallyportError("input.not_found"));
    const context = contextOf(request, peer, requestId);
    const { handOver } = this.#deps;
    // What is long, or doesn't say how long it is, is read for a proven principal only; what is short is read first, as it costs less.
    const announced = Number(request.headers["content-length"] ?? Number.POSITIVE_INFINITY);
    const prove = (): Promise<SallyportError | null> =>
      this.#deps.prove(context).then(
        () => null,
        (error: unknown) => handOver.outage(name, context, error),
      );
    let outage = announced <= UNPROVEN_BODY_MAX ? null : await prove();
    const input = await this.#body(request, name === "packets.upload" ? UPLOAD_BODY_MAX : this.#deps.limits.bodyBytes);
    if (procedure._def.type === "subscription" && this.#watchesOf(peer.x5t) >= this.#deps.limits.watchesPerPeer) throw new SallyportError("service.busy");
    if (outage === null && handOver.isBehind(name, context)) outage = new SallyportError("service.unavailable", { why: "others wait" });
    if (outage !== null) return handOver.handOver(name, context, input, outage);
    const data = await this.#call(name, procedure._def.type, context, input).catch((error: unknown) => handOver.handOver(name, context, input, failureOf(error)));
    if (data instanceof WatchStream) this.#watch(request, response, { stream: data, x5t: peer.x5t, requestId });
    else sendJson(response, 200, JSON.stringify({ result: { data } }));
  }

  /** Counts what is refused before any procedure or route is come to: no record tells of it otherwise. */
  #unread(error: SallyportError): SallyportError {
    this.#deps.knocks.count("api", error.code);
    return error;
  }

  #body(request: IncomingMessage, bytesMax: number): Promise<unknown> {
    return readJsonBody(request, bytesMax).catch((error: unknown) => {
      throw this.#unread(failureOf(error));
    });
  }

  #call(path: string, type: "query" | "mutation" | "subscription", ctx: RequestContext, input: unknown): Promise<unknown> {
    return callTRPCProcedure({ router: this.#deps.router, path, type, ctx, getRawInput: () => Promise.resolve(input), signal: undefined, batchIndex: 0 });
  }

  /** A part of an upload goes through the same boundary as everything else; its bytes are read there, when it is proven who sends them. */
  async #part(path: string, request: IncomingMessage, response: ServerResponse, { peer, requestId }: { readonly peer: PeerIdentity; readonly requestId: string }): Promise<void> {
    const { input, body } = this.#partOf(path, request);
    const { partsMax, partsPerPeer } = this.#deps.limits;
    const own = this.#partsOf.get(peer.x5t) ?? 0;
    if (own >= partsPerPeer || [...this.#partsOf.values()].reduce((sum, each) => sum + each, 0) >= partsMax) throw new SallyportError("service.busy");
    this.#partsOf.set(peer.x5t, own + 1);
    try {
      // An upload goes on by itself: its parts keep no session alive.
      const context = { ...contextOf(request, peer, requestId), isBackground: true, body };
      sendJson(response, 200, JSON.stringify({ result: { data: await this.#call(PART, "mutation", context, input) } }));
    } finally {
      const left = (this.#partsOf.get(peer.x5t) ?? 1) - 1;
      if (left === 0) this.#partsOf.delete(peer.x5t);
      else this.#partsOf.set(peer.x5t, left);
    }
  }

  #partOf(path: string, request: IncomingMessage): ReturnType<typeof partRequest> {
    try {
      return partRequest(path, request);
    } catch (error) {
      throw this.#unread(failureOf(error));
    }
  }

  #watchesOf(x5t: string): number {
    return [...this.#watches.values()].filter((own) => own === x5t).length;
  }

  /** Hands a watch on until it ends; the request's place is free meanwhile. The peer is judged as long as it lasts, as at a request. */
  #watch(
    request: IncomingMessage,
    response: ServerResponse,
    { stream, x5t, requestId }: { readonly stream: WatchStream<unknown>; readonly x5t: string; readonly requestId: string },
  ): void {
    const socket = request.socket as TLSSocket;
    this.#watches.set(stream, x5t);
    const judge = setInterval(() => {
      try {
        this.#peerOf(socket);
      } catch (error) {
        stream.cut(failureOf(error));
      }
    }, PEER_EVERY_MS);
    void sendWatch(response, stream, requestId).finally(() => {
      clearInterval(judge);
      this.#watches.delete(stream);
    });
    if (this.#stopping) stream.cut(new SallyportError("service.stopping"));
  }
}

const contextOf = (request: IncomingMessage, peer: PeerIdentity, requestId: string): RequestContext => ({
  requestId,
  peer: { spiffe: peer.spiffe, x5t: peer.x5t },
  authorization: request.headersDistinct["authorization"] ?? [],
  idempotencyKey: single(request.headersDistinct["idempotency-key"]),
  isBackground: single(request.headersDistinct["sallyport-background"]) === "1",
  acceptsLater: laterIn(single(request.headersDistinct["sallyport-later"])),
});

const laterIn = (value: string | null): RequestContext["acceptsLater"] => (value === "now" || value === "behind" ? value : undefined);

const single = (values: readonly string[] | undefined): string | null => (values?.length === 1 ? (values[0] ?? null) : null);

const sendRoute = (response: ServerResponse, { status, body }: { readonly status: number; readonly body: object }): void => sendJson(response, status, JSON.stringify(body));
