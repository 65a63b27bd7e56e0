import { request } from "node:https";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Deployment, deployment, type Who } from "./stack.ts";

let made: Deployment;
beforeAll(async () => {
  made = await deployment();
});
afterAll(() => made.close());

/** Begins a request as a workload and never ends it; answers what the door says of it, or `waits`. */
async function beginOnly(
  agentOf: ReturnType<Awaited<ReturnType<Deployment["serve"]>>["client"]>,
  port: number,
  headers: Readonly<Record<string, string>>,
): Promise<number | "waits"> {
  return new Promise((settle) => {
    const call = request({
      host: "127.0.0.1",
      port,
      method: "POST",
      path: "/trpc/packets.upload",
      agent: agentOf.agent,
      headers: { "content-type": "application/json", ...headers },
    });
    const timer = setTimeout(() => settle("waits"), 1000);
    call.once("response", (response) => {
      clearTimeout(timer);
      settle(response.statusCode ?? 0);
      call.destroy();
    });
    call.once("error", () => undefined);
    call.write("{");
  });
}

test("a body of unsaid or great length is not read for a caller who has no token", async () => {
  await using api = await made.serve();
  const stranger = api.client("reviewer");
  expect(await beginOnly(stranger, api.port, {})).toBe(401);
  expect(await beginOnly(stranger, api.port, { "content-length": String(8 * 1024 * 1024) })).toBe(401);
});

test("one certificate that never ends its requests fills its own places and nobody else's", async () => {
  await using api = await made.serve({ limits: { inHandMax: 6, inHandPerPeer: 4 } });
  const slow = api.client("reviewer");
  const begun = await Promise.all(Array.from({ length: 6 }, () => beginOnly(slow, api.port, { "content-length": "100" })));
  expect(begun.map(String).toSorted((a, b) => a.localeCompare(b))).toEqual(["503", "503", "waits", "waits", "waits", "waits"]);
  const other: Who = "auditor";
  expect((await api.call(other, "access.mine", {})).status).toBe(200);
});
