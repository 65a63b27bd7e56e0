import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { items } from "@sallyport/client";
import { inventedDemographics, PILOT } from "./support/pilot-study.ts";
import { leftAfter, processesOf } from "./support/processes.ts";
import { Product, type ProcessName } from "./support/product.ts";
import { Program } from "./support/program.ts";
import { until } from "./support/until.ts";

/** A first start may have to build. */
const FIRST_MS = 600_000;
const NEXT_MS = 120_000;
const GONE_MS = 45_000;

let product: Product;
beforeAll(async () => {
  product = await Product.prepare();
});
afterAll(async () => {
  for (const { pid } of processesOf(product.home)) process.kill(pid, "SIGKILL");
  await leftAfter(product.home, GONE_MS);
  await product.remove();
}, 120_000);

/** `npm start` as a terminal runs it: in a process group of its own. */
async function npmStart(deadlineMs: number): Promise<Program> {
  const npm = new Program("npm", ["start"], { env: { ...product.env, HOME: product.folder, CI: "true" }, isGroup: true });
  const [, url] = await npm.says(/^ready (http:\/\/localhost:\d+)$/m, deadlineMs);
  expect(url).toBe(product.console);
  return npm;
}

async function page(): Promise<{ readonly status: number; readonly text: string }> {
  const answer = await fetch(product.console);
  return { status: answer.status, text: await answer.text() };
}

async function packetsSeen(): Promise<readonly string[]> {
  const steward = product.connect("steward");
  const seen: string[] = [];
  for await (const { packetId } of items(steward.api.packets.list.query, { limit: 100 })) seen.push(packetId);
  await steward.close();
  return seen.sort();
}

async function subjectsSeen(): Promise<number> {
  const reviewer = product.connect("reviewer");
  const { total } = await reviewer.api.subjects.list.query({ limit: 1 });
  await reviewer.close();
  return total;
}

describe("npm start", () => {
  let kept: readonly string[] = [];

  test(
    "starts an empty folder to a served page, and SIGTERM to npm leaves nothing running",
    async () => {
      const npm = await npmStart(FIRST_MS);
      expect(await page()).toMatchObject({ status: 200, text: expect.stringContaining("Sallyport") as string });
      expect(await subjectsSeen()).toBe(24);
      const ingest = product.connect("ingest");
      await ingest.api.packets.upload.mutate({ study: PILOT, content: inventedDemographics(1) });
      await ingest.close();
      kept = await packetsSeen();
      expect(kept).toHaveLength(2);
      npm.child.kill("SIGTERM");
      expect(await leftAfter(product.home, GONE_MS)).toEqual([]);
    },
    FIRST_MS + NEXT_MS,
  );

  test(
    "starts again with what was there, and Ctrl-C, which reaches the whole group, leaves nothing running",
    async () => {
      const npm = await npmStart(NEXT_MS);
      expect(npm.stdout).not.toMatch(/^founding:/m);
      expect(await packetsSeen()).toEqual(kept);
      process.kill(-npm.pid, "SIGINT");
      expect(await leftAfter(product.home, GONE_MS)).toEqual([]);
    },
    NEXT_MS * 2,
  );

  test(
    "starts after that too, and kill -9 of npm leaves nothing running",
    async () => {
      const npm = await npmStart(NEXT_MS);
      expect(await packetsSeen()).toEqual(kept);
      process.kill(npm.pid, "SIGKILL");
      expect(await leftAfter(product.home, GONE_MS)).toEqual([]);
    },
    NEXT_MS * 2,
  );
});

describe("kill -9 of one process is reported and survived", () => {
  beforeAll(async () => await product.start(), NEXT_MS);

  test.each<ProcessName>(["api", "custodian", "console", "postgres"])(
    "%s: reads and the page go on with what was there",
    async (name) => {
      const [before, subjects] = [await product.pidOf(name), await subjectsSeen()];
      const from = product.host.stdout.length;
      await product.crash(name);
      expect(product.host.stdout.slice(from)).toMatch(new RegExp(`^${name} ended \\(.*\\)`, "m"));
      expect(await product.pidOf(name)).not.toBe(before);
      const seen = await until(
        () => subjectsSeen().catch(() => null),
        30_000,
        () => "reads did not come back",
      );
      expect(seen).toBe(subjects);
      expect((await page()).status).toBe(200);
    },
    NEXT_MS,
  );

  test(
    "the trail is whole after all of it",
    async () => {
      const auditor = product.connect("auditor");
      expect(await auditor.api.trail.verify.query({}, { context: { deadlineMs: 60_000 } })).toMatchObject({ whole: true });
      await auditor.close();
    },
    NEXT_MS,
  );

  test(
    "kill -9 of the supervisor leaves nothing running",
    async () => {
      process.kill(product.host.pid, "SIGKILL");
      expect(await leftAfter(product.home, GONE_MS)).toEqual([]);
    },
    NEXT_MS,
  );
});
