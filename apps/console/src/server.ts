import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { SallyportError } from "@sallyport/errors";
import { IdentityFolder } from "@sallyport/pki";
import next from "next";
import { ApiUpstream } from "./api-upstream.ts";
import { Carrier } from "./bff/carrier.ts";
import { createListener } from "./listener.ts";
import { provideDesk } from "./process-desk.ts";
import { readSettings, type Settings } from "./settings.ts";
import { StatusDesk } from "./status/status-desk.ts";
import { pdfFiles } from "./pdf/pdf-files.ts";
import { verifierFiles } from "./verifier-files.ts";

const STOP_WITHIN_MS = 4000;

/** One JSON line an event; facts are names and codes, never values. */
function log(event: string, facts: Readonly<Record<string, unknown>> = {}): void {
  process.stdout.write(`${JSON.stringify({ at: new Date().toISOString(), event, ...facts })}\n`);
}

const factsOf = (error: unknown) =>
  error instanceof SallyportError ? { code: error.code, ...error.context } : { code: error instanceof Error && "code" in error ? error.code : "internal" };

async function start(settings: Settings): Promise<void> {
  const identity = new IdentityFolder(settings.identityDir, { onError: (error) => log("console.identity", factsOf(error)) });
  const upstream = new ApiUpstream({ url: settings.apiUrl, trustDomain: settings.trustDomain, identity });
  provideDesk(new StatusDesk(() => upstream.health()));

  // Next attaches an upgrade handler to the server that it is given; this one never listens.
  const decoy = createServer();
  const app = next({ dev: false, dir: join(import.meta.dirname, ".."), hostname: "localhost", port: settings.port, httpServer: decoy, quiet: true });
  await app.prepare();
  const pages = app.getRequestHandler();

  const carrier = new Carrier({ upstream, isTls: settings.tls !== null, onError: (error) => log("console.carrier", factsOf(error)) });
  const server = createListener({
    tls: settings.tls,
    port: () => (server.address() as AddressInfo).port,
    pages: (request, response) => pages(request, response),
    files: new Map([...verifierFiles(), ...pdfFiles()]),
    carry: (request, response) => carrier.handle(request, response),
    onError: (error) => log("console.page", factsOf(error)),
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(error.code === "EADDRINUSE" ? new SallyportError("port.taken", { setting: "SALLYPORT_CONSOLE_PORT" }) : error));
    server.listen(settings.port, settings.host, resolve);
  });
  const url = `${settings.tls === null ? "http://localhost" : `https://${settings.host}`}:${(server.address() as AddressInfo).port}`;

  let isStopping = false;
  const stop = (why: string): void => {
    if (isStopping) return;
    isStopping = true;
    log("console.stopping", { why });
    identity.close();
    setTimeout(() => server.closeAllConnections(), STOP_WITHIN_MS - 1000).unref();
    setTimeout(() => process.exit(0), STOP_WITHIN_MS).unref();
    server.close(() => void upstream.close().then(() => process.exit(0)));
    server.closeIdleConnections();
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => stop(signal));
  // A supervisor that is gone leaves nothing behind.
  process.once("disconnect", () => stop("disconnect"));
  log("console.ready", { url });
  process.send?.({ type: "ready", url });
}

try {
  await start(readSettings());
} catch (error) {
  const { code, ...context } = factsOf(error);
  log("console.refused", { code, ...context });
  // Whoever started it is told why; what isn't a failure of ours has a code of Node's, which says more than that it ended.
  const failed = {
    type: "failed",
    ...(error instanceof SallyportError ? { code, context } : { code: "service.unavailable", context: { reason: `it could not start (${String(code)})` } }),
  };
  if (process.send === undefined) process.exit(1);
  else process.send(failed, () => process.exit(1));
}
