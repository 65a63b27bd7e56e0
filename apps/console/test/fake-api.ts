import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Authority, createAuthority, createRequest, type Identity, serverOptions, writeIdentity } from "@sallyport/pki";
import { processId } from "@sallyport/zones";

export const TRUST_DOMAIN = "dtest.sallyport";
export const FINGERPRINT = `sha256:${"5b1f0c7a".repeat(8)}`;

/** What the api says when all is well. */
export const healthy = {
  status: "ok",
  deployment: "dtest",
  version: "0.1.0",
  pillars: { workload: "ok", principal: "ok", policy: "ok", phi: "ok", trail: "ok" },
  checkpoint: { fingerprint: FINGERPRINT, vkey: "", handovers: [], before: [], next: null },
  time: "2026-11-22T12:00:00.000Z",
};

const material = createAuthority({ trustDomain: TRUST_DOMAIN, now: Date.now, years: 1 });

/** An identity of the test's deployment. */
export function issue(spiffe: string, dns: readonly string[] = ["localhost"]): Identity {
  const request = createRequest();
  const { certPem } = new Authority(material).issue({ csrPem: request.csrPem, spiffe, dns });
  return { keyPem: request.keyPem, certPem, caPem: material.certPem };
}

/** Something that answers on a real port as the api would: mTLS, `GET /health`. */
export interface FakeApi extends AsyncDisposable {
  readonly url: URL;
  readonly server: Server;
  readonly serials: Set<string>;
  handshakes: number;
  answer: (request: IncomingMessage, response: ServerResponse) => void;
}

export async function startFakeApi(identity: Identity = issue(processId(TRUST_DOMAIN, "api"))): Promise<FakeApi> {
  const server = createServer(serverOptions(identity));
  server.listen(0, "localhost");
  await once(server, "listening");
  const api: FakeApi = {
    url: new URL(`https://localhost:${(server.address() as AddressInfo).port}`),
    server,
    serials: new Set(),
    handshakes: 0,
    answer: (_request, response) => response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(healthy)),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      if (server.listening) await once(server, "close");
    },
  };
  server.on("secureConnection", (socket) => {
    api.handshakes += 1;
    api.serials.add(socket.getPeerX509Certificate()?.serialNumber ?? "");
  });
  server.on("tlsClientError", () => undefined);
  server.on("request", (request, response) => api.answer(request, response));
  return api;
}

/** A folder with the console's identity, gone at the end. */
export function identityFolder(): Disposable & { readonly path: string; readonly renew: () => void } {
  const root = mkdtempSync(join(tmpdir(), "sallyport-console-"));
  const path = join(root, "console");
  const renew = () => writeIdentity(path, issue(processId(TRUST_DOMAIN, "console")));
  renew();
  return { path, renew, [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }) };
}
