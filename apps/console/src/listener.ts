import { X509Certificate } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Duplex } from "node:stream";
import { listenerTimeouts } from "@sallyport/pki";
import { sealAnswer } from "./answer-headers.ts";
import { dropHeaders, type Home, judgeRequest } from "./request-filter.ts";
import type { ConsoleTls } from "./settings.ts";

/** What makes pages. */
export type PageHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** A file of ours that isn't made by Next. */
export interface OwnFile {
  readonly type: string;
  readonly body: Buffer;
  /** The same, compressed, for who takes it so. */
  readonly gzipped?: Buffer;
  /** What it may load where it runs as a worker; nothing at all where this isn't said. */
  readonly policy?: string;
}

export interface ListenerOptions {
  readonly tls: ConsoleTls | null;
  /** The port that others are sent to; asked for at each request, since it is known only once listening. */
  readonly port: () => number;
  readonly pages: PageHandler;
  /** Files that are handed out as they are, by path; none of them is a page. */
  readonly files?: ReadonlyMap<string, OwnFile>;
  /** What answers the POSTs of pages; 404 for all of them where there is none. */
  readonly carry?: PageHandler;
  readonly onError: (error: unknown) => void;
}

const BODIES: Readonly<Record<number, string>> = { 308: "moved", 400: "bad request", 404: "not found", 405: "method not allowed", 414: "target too long", 421: "not this host" };

const takesGzip = (accepts: string | string[] | undefined): boolean => /(?:^|[\s,])gzip(?:[\s,]|$)/.test(String(accepts));

const noCarrier: PageHandler = async (_request, response) => {
  response.writeHead(404, { "content-type": "text/plain; charset=utf-8", connection: "close" }).end("not found\n");
};

function answerFile(request: IncomingMessage, response: ServerResponse, { type, body, gzipped, policy }: OwnFile): void {
  const sent = gzipped !== undefined && takesGzip(request.headers["accept-encoding"]) ? gzipped : body;
  if (policy !== undefined) response.setHeader("content-security-policy", policy);
  response
    .writeHead(200, {
      "content-type": type,
      "content-length": sent.length,
      ...(gzipped !== undefined && { vary: "accept-encoding" }),
      ...(sent !== body && { "content-encoding": "gzip" }),
    })
    .end(request.method === "HEAD" ? undefined : sent);
}

/** On loopback everybody goes to `localhost`, because passkeys know no IP address; elsewhere the certificate says which names are ours. */
function homeOf(options: ListenerOptions): Home {
  if (options.tls === null) return { isOurs: (hostname) => hostname === "localhost", redirectTo: `http://localhost:${options.port()}` };
  const certificate = new X509Certificate(options.tls.certPem);
  return { isOurs: (hostname) => certificate.checkHost(hostname) !== undefined, redirectTo: null };
}

/** Makes the server that stands between browsers and Next; see {@link judgeRequest} for what it lets through. */
export function createListener(options: ListenerOptions): Server {
  let home: Home | null = null;
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const target = request.url ?? "";
    sealAnswer(response, target, options.tls !== null);
    if (target === "/healthz" && (request.method === "GET" || request.method === "HEAD")) {
      // For the supervisor, by whatever address: that this process serves, and nothing about the others.
      response.writeHead(200, { "content-type": "application/json" }).end('{"status":"ok"}');
      return;
    }
    home ??= homeOf(options);
    const judgement = judgeRequest(request, home);
    if (!judgement.pass) {
      response.writeHead(judgement.status, { "content-type": "text/plain; charset=utf-8", connection: "close", ...judgement.headers }).end(`${BODIES[judgement.status]}\n`);
      return;
    }
    const file = judgement.to === "pages" ? options.files?.get(target) : undefined;
    if (file !== undefined) {
      answerFile(request, response, file);
      return;
    }
    if (judgement.to === "pages") dropHeaders(request);
    const handler = judgement.to === "pages" ? options.pages : (options.carry ?? noCarrier);
    handler(request, response).catch((error: unknown) => {
      options.onError(error);
      if (!response.headersSent) response.writeHead(500, { "content-type": "text/plain; charset=utf-8" });
      response.end();
    });
  };
  const timeouts = listenerTimeouts({ headMs: 10_000 });
  const server: Server =
    options.tls === null
      ? createServer(
          { headersTimeout: timeouts.headersTimeout, requestTimeout: timeouts.requestTimeout, connectionsCheckingInterval: timeouts.connectionsCheckingInterval },
          answer,
        )
      : createTlsServer({ ...timeouts, minVersion: "TLSv1.3", cert: options.tls.certPem, key: options.tls.keyPem }, answer);
  // Nothing here speaks WebSocket; an upgrade that reached Next could be sent on to another host.
  server.on("upgrade", (_request, socket: Duplex) => socket.end("HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"));
  return server;
}
