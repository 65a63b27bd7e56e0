import type { IncomingMessage } from "node:http";
import { connect as connectTcp } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import type { CustodianStatus } from "@sallyport/custody";
import { clientOptions, type Identity, socketPeer } from "@sallyport/pki";
import { processId } from "@sallyport/zones";
import { faultTest } from "@sallyport/testkit";
import { afterAll, beforeAll, expect } from "vitest";
import type { ListenerDeps } from "../src/listener.ts";
import { STUDY } from "./dataset.ts";
import { DoorClient } from "./door-client.ts";
import { custodianWith } from "./faulty-custodian.ts";
import { type Api, codeOf, type Deployment, deployment, principalOf, until } from "./stack.ts";

type Judge = NonNullable<ListenerDeps["judgePeer"]>;
const LONG = process.env["SALLYPORT_TEST_LONG"] !== undefined;

let at: Deployment;
beforeAll(async () => {
  at = await deployment();
});
afterAll(() => at?.close());

const knocks = async (api: Api, code: string): Promise<number> => {
  await api.close();
  return (await at.records("system")).filter(({ action, reason }) => action === "boundary.knock" && reason === code).length;
};

faultTest("M8", "a certificate of ours whose workload isn't on the route's list is refused, also with a token of its own", async (defence) => {
  const other = processId(at.trustDomain, "postgres");
  // Off: the list lets every workload of ours through, and a principal is found for it.
  const listed: Judge = (socket, options) => ({ ...socketPeer(socket, options), spiffe: at.spiffe("reviewer") });
  await using api = await at.serve(defence === "off" ? { judgePeer: listed } : {});
  const identity = await at.issue(other);
  const client = new DoorClient(api.port, at.trustDomain, identity);
  const azp = defence === "on" ? other : at.spiffe("reviewer");
  const reply = await client.call("subjects.list", {}, at.forge("reviewer", { azp, x5t: at.x5t(identity) }));
  client.close();
  expect([reply.status, codeOf(reply)]).toEqual([403, "workload.not_allowed"]);
  expect(await knocks(api, "workload.not_allowed")).toBeGreaterThan(0);
});

/** Judges a socket at its first request only. */
const judgedOnce = (): Judge => {
  const known = new WeakMap<TLSSocket, ReturnType<Judge>>();
  return (socket, options) => {
    const peer = known.get(socket) ?? socketPeer(socket, options);
    known.set(socket, peer);
    return peer;
  };
};

faultTest("M12", "a certificate that ends while its connection is kept is refused at the next request, and the connection ends", async (defence) => {
  await using api = await at.serve(defence === "off" ? { judgePeer: judgedOnce() } : {});
  const client = new DoorClient(api.port, at.trustDomain, at.issueFor(at.spiffe("reviewer"), 3), { maxSockets: 1 });
  const health = { method: "GET", path: "/health" };
  expect((await client.send(health)).status).toBe(200);
  await new Promise((resolve) => setTimeout(resolve, 3200));
  const reply = await client.send(health);
  client.close();
  expect([reply.status, codeOf(reply), reply.closes]).toEqual([403, "workload.revoked", true]);
  expect(await knocks(api, "workload.revoked")).toBeGreaterThan(0);
});

let revocations = 0;
faultTest("M12", "a workload that is revoked while its connection is kept is refused within two seconds, and the connection ends", async (defence) => {
  let first: Promise<CustodianStatus> | undefined;
  await using api = await at.serve({
    // Off: what the custodian said first holds for good.
    custodian: (real) => (defence === "on" ? real : custodianWith(real, { status: (options, deadlineMs) => (first ??= real.status(options, deadlineMs)) })),
  });
  const spiffe = `spiffe://${at.trustDomain}/service/leaver-${(revocations += 1)}`;
  const client = new DoorClient(api.port, at.trustDomain, await at.issue(spiffe), { maxSockets: 1 });
  const health = { method: "GET", path: "/health" };
  expect((await client.send(health)).status).toBe(200);
  await at.custodian.certificates.revoke(spiffe);
  await new Promise((resolve) => setTimeout(resolve, 2000));
  const reply = await client.send(health);
  client.close();
  expect([reply.status, codeOf(reply), reply.closes]).toEqual([403, "workload.revoked", true]);
});

/** Believes what a proxy would write. */
const believing: Judge = (socket, options) => {
  const { incoming } = (socket as TLSSocket & { readonly parser: { readonly incoming: IncomingMessage } }).parser;
  const uri = /URI=([^;,"]+)/.exec(String(incoming.headers["x-forwarded-client-cert"]))?.[1];
  const peer = socketPeer(socket, options);
  return uri === undefined ? peer : { ...peer, spiffe: uri };
};

faultTest("M13", "what headers say of the caller's certificate and address is ignored: the caller is the peer of the connection", async (defence) => {
  await using api = await at.serve(defence === "off" ? { judgePeer: believing } : {});
  const steward = at.spiffe("steward");
  const reply = await api.client("reviewer").send({
    path: "/trpc/subjects.list",
    headers: {
      authorization: `Bearer ${at.forge("reviewer")}`,
      "x-forwarded-client-cert": `By=spiffe://x/y;URI=${steward}`,
      "client-cert": `:${Buffer.from(at.identity("steward").certPem).toString("base64")}:`,
      "x-forwarded-for": "203.0.113.9",
      forwarded: `for=203.0.113.9;by="${steward}"`,
    },
    body: JSON.stringify({ study: STUDY }),
  });
  expect([reply.status, codeOf(reply)]).toEqual([200, "ok"]);
  const last = (await at.records("system")).findLast(({ action }) => action === "subject.list");
  expect(last).toMatchObject({ principal: principalOf("reviewer"), workload: at.spiffe("reviewer") });
});

const SLOW = LONG ? 500 : 300;

faultTest(
  "M14",
  "several hundred callers that trickle are closed within ten seconds, and meanwhile others are served",
  async (defence) => {
    const limits = defence === "on" ? {} : { timeouts: { handshakeMs: 60_000, headMs: 60_000, requestMs: 60_000 } };
    await using api = await at.serve({ limits });
    const slow = await Promise.all(Array.from({ length: SLOW }, (_, n) => trickle(api.port, at.identity("ingest"), n)));
    try {
      const served = await Promise.all(Array.from({ length: 20 }, () => api.call("reviewer", "subjects.list", {})));
      expect(served.map(({ status }) => status)).toEqual(served.map(() => 200));
      const open = (): number => slow.filter((socket) => !socket.destroyed && !socket.readableEnded).length;
      await until(() => open() === 0, 10_000).catch(() => undefined);
      expect(open()).toBe(0);
    } finally {
      for (const socket of slow) socket.destroy();
    }
  },
  40_000,
);

/** A third half-open, a third that spoke half a request head, a third whose body never comes. */
function trickle(port: number, identity: Identity, n: number): Promise<TLSSocket | ReturnType<typeof connectTcp>> {
  return new Promise((resolve) => {
    if (n % 3 === 0) {
      const half = connectTcp(port, "127.0.0.1", () => resolve(half));
      half.resume().on("error", () => undefined);
      return;
    }
    const socket = connectTls({ host: "127.0.0.1", port, ...clientOptions(identity, processId(at.trustDomain, "api")) }, () => {
      socket.write(n % 3 === 1 ? "GET /health HTTP/1.1\r\nhost: localhost\r\nx-slow: " : "POST /token HTTP/1.1\r\nhost: localhost\r\n");
      resolve(socket);
    });
    socket.resume().on("error", () => undefined);
  });
}

faultTest("M14", "plain HTTP to the TLS port is closed without a word of HTTP, and counted", async (defence) => {
  await using api = await at.serve(defence === "off" ? { ports: (real) => ({ ...real, knocks: { count: () => undefined } }) } : {});
  const answer = await new Promise<string>((resolve) => {
    let text = "";
    const socket = connectTcp(api.port, "127.0.0.1", () => socket.write("GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n"));
    socket
      .setEncoding("latin1")
      .on("data", (part: string) => (text += part))
      .on("error", () => undefined)
      .on("close", () => resolve(text));
  });
  expect(answer).not.toMatch(/HTTP\//);
  const before = (await at.records("system")).length;
  await api.close();
  const counted = (await at.records("system")).slice(before).filter(({ action, reason }) => action === "boundary.knock" && reason === "workload.invalid");
  expect(counted.map(({ detail }) => /^n=(\d+)/.exec(detail ?? "")?.[1])).toEqual(["1"]);
});

const PER_SECOND = 200;
const SECONDS = LONG ? 10 : 2;

faultTest(
  "M16",
  "a certificate is replaced under load: no request fails, and both are seen",
  async (defence) => {
    const apiId = processId(at.trustDomain, "api");
    let identity = await at.issue(apiId, ["localhost"]);
    const serials = new Set<string>();
    await using api = await at.serve({ identity: () => identity });
    // New connections all the time, beside the ones that are kept.
    const kept = new DoorClient(api.port, at.trustDomain, at.identity("reviewer"));
    const failures: string[] = [];
    const send = async (n: number): Promise<void> => {
      const client = n % 10 === 0 ? new DoorClient(api.port, at.trustDomain, at.identity("reviewer"), { keepAlive: false }) : kept;
      try {
        const reply = await client.send({ method: "GET", path: "/health" });
        // Health may say of itself, on a busy machine, that it isn't well: that is an answer.
        if (![200, 503].includes(reply.status)) failures.push(codeOf(reply));
        if (reply.serverSerial !== "") serials.add(reply.serverSerial);
      } catch (error) {
        failures.push(String(error));
      }
      if (client !== kept) client.close();
    };
    const under: Promise<void>[] = [];
    const total = PER_SECOND * SECONDS;
    const from = performance.now();
    for (let n = 0; n < total; n += 1) {
      if (n === total / 2) {
        identity = await at.issue(apiId, ["localhost"]);
        if (defence === "on") api.process.renewIdentity();
      }
      under.push(send(n));
      const ahead = from + (n * 1000) / PER_SECOND - performance.now();
      if (ahead > 0) await new Promise((resolve) => setTimeout(resolve, ahead));
    }
    await Promise.all(under);
    kept.close();
    expect(failures).toEqual([]);
    expect(serials.size).toBe(2);
  },
  60_000,
);
