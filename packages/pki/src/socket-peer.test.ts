import { once } from "node:events";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import { describe, expect, test } from "vitest";
import { CLIENT, Deployment, SERVER, TRUST_DOMAIN } from "../test/deployment.ts";
import { knock } from "../test/door.ts";
import { clientOptions, serverOptions, socketPeer } from "./index.ts";

const deployment = new Deployment();

/** Runs `act` on the server's side of one real connection. */
async function onSocket<T>(act: (socket: TLSSocket) => T, rejectUnauthorized = true): Promise<T> {
  const server = createServer({ ...serverOptions(deployment.server()), rejectUnauthorized });
  const result = new Promise<T>((resolve, reject) => {
    server.on("request", (request, response) => {
      response.end();
      try {
        resolve(act(request.socket as TLSSocket));
      } catch (error) {
        reject(error);
      }
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const identity = rejectUnauthorized ? deployment.client() : new Deployment().client();
  const caller = { ...clientOptions(identity, SERVER), rejectUnauthorized };
  const [outcome] = await Promise.allSettled([result, knock((server.address() as AddressInfo).port, caller)]);
  server.close();
  if (outcome.status === "rejected") throw outcome.reason;
  return outcome.value;
}

describe("the peer of a socket", () => {
  test("is the workload that the certificate names", async () => {
    expect(await onSocket((socket) => socketPeer(socket, { trustDomain: TRUST_DOMAIN, nowMs: Date.now() }).spiffe)).toBe(CLIENT);
  });

  test("is judged anew at each call: the clock and the revocations, not only the handshake, decide", async () => {
    await onSocket((socket) => {
      const now = Date.now();
      const peer = socketPeer(socket, { trustDomain: TRUST_DOMAIN, nowMs: now });
      expect(() => socketPeer(socket, { trustDomain: TRUST_DOMAIN, nowMs: peer.notAfterMs })).toThrow("workload.revoked");
      expect(() => socketPeer(socket, { trustDomain: TRUST_DOMAIN, nowMs: now, revoked: new Set([peer.serial]) })).toThrow("workload.revoked");
      expect(() => socketPeer(socket, { trustDomain: "dother.sallyport", nowMs: now })).toThrow("workload.invalid");
      expect(socketPeer(socket, { trustDomain: TRUST_DOMAIN, nowMs: now, revoked: new Set() })).toEqual(peer);
    });
  });

  test("is nobody when TLS did not prove the certificate", async () => {
    await expect(onSocket((socket) => socketPeer(socket, { trustDomain: TRUST_DOMAIN, nowMs: Date.now() }), false)).rejects.toThrow("workload.invalid");
  });
});
