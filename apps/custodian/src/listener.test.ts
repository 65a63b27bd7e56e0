import { connect } from "node:net";
import { once } from "node:events";
import { connectCustodian, CustodianClient } from "@sallyport/custody";
import { codeOf } from "@sallyport/errors";
import { type Identity } from "@sallyport/pki";
import { expect, onTestFinished, test } from "vitest";
import { enrol, type Running, start } from "../test/running.ts";
import { listen } from "./listener.ts";

const API = "/zone/application/api";
const CUSTODIAN = "/zone/data/custodian";

async function listening(): Promise<Running & { port: number }> {
  const running = await start({ clock: { now: Date.now } as Running["clock"] });
  const { trustDomain, certificates, handle } = running.custodian;
  const listener = await listen({ host: "127.0.0.1", port: 0, trustDomain, certificates, handle, now: Date.now });
  onTestFinished(() => listener.close());
  return { ...running, port: listener.port };
}

function dial(running: Running & { port: number }, identity: Identity, server = `spiffe://${running.custodian.trustDomain}${CUSTODIAN}`): CustodianClient {
  const client = connectCustodian({ host: "127.0.0.1", port: running.port, identity: { current: () => identity, onChange: () => undefined }, custodianSpiffe: server });
  onTestFinished(() => client.close());
  return client;
}
const status = (client: CustodianClient): Promise<unknown> => client.status({}, 1500).then(({ deployment }) => deployment, codeOf);

test("the api is served, and no other workload of the same authority", async () => {
  const running = await listening();
  expect(await status(dial(running, await enrol(running, API)))).toBe(running.custodian.deployment);
  for (const path of ["/zone/edge/console", "/service/reviewer", CUSTODIAN, `${API}/x`])
    expect(await status(dial(running, await enrol(running, path)))).toBe("service.unavailable");
});

test("the api of another deployment is not served, and doesn't take this custodian for its own", async () => {
  const running = await listening();
  const other = await listening();
  expect(await status(dial(running, await enrol(other, API)))).toBe("service.unavailable");
  const server = `spiffe://${other.custodian.trustDomain}${CUSTODIAN}`;
  expect(await status(dial(running, await enrol(running, API), server))).toBe("service.unavailable");
});

test("a revoked api loses the connection that it has, at its next frame", async () => {
  const running = await listening();
  const api = await enrol(running, API);
  const client = dial(running, api);
  expect(await status(client)).toBe(running.custodian.deployment);
  await running.custodian.certificates.revoke(api.spiffe);
  expect(await status(client)).toBe("service.unavailable");
});

test("who doesn't speak TLS is closed, and the api is served meanwhile", async () => {
  const running = await listening();
  const strangers = Array.from({ length: 10 }, () => connect(running.port, "127.0.0.1"));
  await Promise.all(strangers.map((socket) => once(socket, "connect")));
  const closed = Promise.all(
    strangers.map((socket, n) => {
      socket.on("error", () => undefined);
      if (n % 2 === 0) socket.write("GET / HTTP/1.1\r\n\r\n");
      return once(socket, "close");
    }),
  );
  expect(await status(dial(running, await enrol(running, API)))).toBe(running.custodian.deployment);
  await closed;
}, 10_000);
