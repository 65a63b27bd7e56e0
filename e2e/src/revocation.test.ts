import { readFileSync } from "node:fs";
import { request as httpsRequest, Agent } from "node:https";
import { join } from "node:path";
import { SallyportClientError } from "@sallyport/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startFounded } from "./support/founded.ts";
import { Product } from "./support/product.ts";

const WITHIN_MS = 2_000;
let product: Product;
beforeAll(async () => {
  product = await startFounded();
}, 240_000);
afterAll(async () => await product.remove(), 120_000);

/** A plain connection that is held open, so that nothing is proven anew by a handshake. */
function openConnection(profile: string): {
  readonly health: () => Promise<{ readonly status: number; readonly text: string; readonly socket: number }>;
  readonly close: () => void;
} {
  const read = (name: string): Buffer => readFileSync(join(product.profile(profile), name));
  const agent = new Agent({ keepAlive: true, maxSockets: 1, key: read("key.pem"), cert: read("cert.pem"), ca: read("ca.pem"), minVersion: "TLSv1.3" });
  const health = (): Promise<{ status: number; text: string; socket: number }> =>
    new Promise((settle, fail) => {
      const request = httpsRequest({ host: "localhost", port: product.apiPort, path: "/health", agent }, (response) => {
        let text = "";
        const socket = response.socket.localPort ?? 0;
        response.setEncoding("utf8").on("data", (part: string) => (text += part));
        response.on("end", () => settle({ status: response.statusCode ?? 0, text, socket }));
      });
      request.on("error", fail).end();
    });
  return { health, close: () => agent.destroy() };
}

test("a revoked profile is refused within two seconds on the connection that it has open, and nobody else is", async () => {
  const reviewer = product.connect("reviewer");
  const steward = product.connect("steward");
  const held = openConnection("reviewer");
  expect((await reviewer.api.subjects.list.query({})).total).toBe(24);
  const { socket, status } = await held.health();
  expect(status).toBe(200);

  const revoked = await product.cli(["revoke", "reviewer"]);
  const sinceMs = performance.now();
  expect(revoked.code).toBe(0);
  let answer = await held.health();
  while (answer.status === 200 && performance.now() - sinceMs < WITHIN_MS) {
    await new Promise((settle) => setTimeout(settle, 50));
    answer = await held.health();
  }
  expect(performance.now() - sinceMs).toBeLessThan(WITHIN_MS + 500);
  expect(answer.status).toBe(403);
  expect(answer.socket).toBe(socket);
  expect(JSON.parse(answer.text)).toMatchObject({ pillar: "workload", code: "workload.revoked" });

  const refusal: unknown = await reviewer.api.subjects.list.query({}).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(SallyportClientError);
  expect(["workload.revoked", "connection.refused", "connection.lost"]).toContain((refusal as SallyportClientError).code);
  expect((await product.cli(["--as", "reviewer", "call", "access.mine"])).code).toBe(3);
  expect((await steward.api.packets.list.query({})).total).toBe(1);
  held.close();
  await Promise.all([reviewer.close(), steward.close()]);
}, 60_000);

test("the trail has the custodian's own word of it", async () => {
  const folder = join(product.folder, "system");
  await product.json(["--as", "auditor", "export", "--chain", "system", "--out", folder]);
  const records = readFileSync(join(folder, "generation-1.jsonl"), "utf8").split("\n");
  const [event = ""] = records.filter((line) => line.includes('"principal":"custodian"') && line.includes("/service/reviewer"));
  expect(event).toContain("revoke");
});

test("it stays revoked after a start anew", async () => {
  await product.stop();
  await product.start();
  expect((await product.cli(["--as", "reviewer", "call", "access.mine"])).code).toBe(3);
  const { workloads } = await product.json<{ workloads: { profile: string; revoked: boolean }[] }>(["workloads"]);
  expect(workloads.filter(({ revoked }) => revoked).map(({ profile }) => profile)).toEqual(["reviewer"]);
}, 240_000);
