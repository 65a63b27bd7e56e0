import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { faultTest } from "@sallyport/testkit";
import { expect, onTestFinished } from "vitest";
import { policyKeptForGood } from "./lax-ports.ts";
import { deployment, until } from "./stack.ts";

/** THREATS §4.7 says five seconds; a snapshot may be one second old. */
const BLOCKED_MS = 2500;

/** Suspends every service, on a thread that goes on while the api's is blocked. */
const SUSPEND = `
const { parentPort, workerData } = require("node:worker_threads");
import(workerData.postgres).then(async ({ default: postgres }) => {
  const sql = postgres(workerData.url, { max: 1 });
  await sql\`SELECT 1\`;
  parentPort.once("message", async () => {
    await sql\`UPDATE policy.principals SET status = 'suspended' WHERE kind = 'service'\`;
    await sql.end();
  });
  parentPort.postMessage("ready");
});
`;

faultTest(
  "P20",
  "a process whose event loop was blocked decides nothing on what it knew before: what was revoked meanwhile stays out",
  async (defence) => {
    const at = await deployment();
    onTestFinished(() => at.close());
    const api = await at.serve(defence === "on" ? {} : { ports: policyKeptForGood });
    onTestFinished(() => api.close());
    const status = async (): Promise<number> => (await api.call("steward", "packets.list", {})).status;
    await until(async () => (await status()) === 200, 10_000);
    const postgres = pathToFileURL(createRequire(import.meta.url).resolve("postgres")).href;
    const worker = new Worker(SUSPEND, { eval: true, workerData: { postgres, url: at.ownerUrl } });
    onTestFinished(() => void worker.terminate());
    await new Promise((ready) => worker.once("message", ready));

    const asked = Array.from({ length: 20 }, () => status());
    worker.postMessage("now");
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, BLOCKED_MS);
    const statuses = await Promise.all(asked);
    expect(statuses.filter((each) => each === 200)).toEqual([]);
    // It is no outage: the next look at the store says who is out.
    await until(async () => (await status()) === 401, 5000);
  },
  60_000,
);
