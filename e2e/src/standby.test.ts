import { renameSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exportedRecords } from "./support/exported-records.ts";
import { Load } from "./support/load.ts";
import { Product } from "./support/product.ts";
import { until } from "./support/until.ts";

type Custodian = "custodian" | "custodian-b";
const CUSTODIANS: readonly Custodian[] = ["custodian", "custodian-b"];

const LONG = process.env["SALLYPORT_TEST_LONG"] !== undefined;
/** How the one that serves is ended. */
const SIGNALS = LONG ? (["SIGKILL", "SIGSTOP", "SIGKILL"] as const) : (["SIGKILL", "SIGSTOP"] as const);

let product: Product;
let load: Load;

/** Which of the two serves, and which waits: null where it isn't so. */
async function standing(): Promise<{ readonly active: Custodian; readonly pid: number; readonly waiting: Custodian } | null> {
  const { processes } = await product.status();
  const of = (role: string): { readonly name: Custodian; readonly pid: number } | undefined => {
    const found = processes.find(({ standing: is }) => is?.role === role);
    const name = CUSTODIANS.find((each) => each === found?.name);
    const pid = found?.pid ?? null;
    return name === undefined || pid === null ? undefined : { name, pid };
  };
  const [active, waiting] = [of("active"), of("waiting")];
  return active === undefined || waiting === undefined ? null : { active: active.name, pid: active.pid, waiting: waiting.name };
}
const bothStand = async (): Promise<NonNullable<Awaited<ReturnType<typeof standing>>>> =>
  await until(standing, 120_000, () => "there is no custodian that serves beside one that waits");

/** Until callers have been answered that often since. */
async function served(count: number): Promise<void> {
  const before = load.acknowledged;
  await until(
    () => load.acknowledged >= before + count,
    120_000,
    () => "nothing is acknowledged any more",
  );
}

beforeAll(async () => {
  product = await Product.prepare();
  await product.start({ SALLYPORT_STANDBY: "on" });
}, 240_000);
afterAll(async () => await product.remove(), 120_000);

describe("a product with a standby custodian, under load", () => {
  test("goes on in seconds after a kill -9 of the one that serves, and after it hangs; the former one is started again, and waits", async () => {
    const reviewer = product.connect("reviewer");
    const { items: subjects } = await reviewer.api.subjects.list.query({ study: "SYN-001" });
    await reviewer.close();
    load = new Load(
      product,
      subjects.map(({ subjectId }) => subjectId),
    );
    for (const signal of SIGNALS) {
      const before = await bothStand();
      await served(25);
      const from = product.host.stdout.length;
      const sinceMs = performance.now();
      process.kill(before.pid, signal);
      await product.host.says(new RegExp(`^${before.waiting} has taken over$`, "m"), 60_000, from);
      await served(1);
      expect(performance.now() - sinceMs).toBeLessThan(25_000);
      const after = await bothStand();
      expect([after.active, after.waiting]).toEqual([before.waiting, before.active]);
    }
    await served(25);
    await load.stop();
    expect(load.outages).toBeGreaterThan(0);
    expect(load.uploads.length).toBeGreaterThan(3);
  }, 600_000);

  test("no acknowledged record is lost or doubled, every chain is whole, and each taking over is on record", async () => {
    const auditor = product.connect("auditor");
    expect(await auditor.api.trail.verify.query({}, { context: { deadlineMs: 60_000 } })).toMatchObject({ whole: true });
    await auditor.close();
    const places = load.reveals.map(({ chain, seq }) => `${chain} ${seq}`);
    expect(new Set(places).size).toBe(places.length);
    for (const chain of new Set(load.reveals.map((reveal) => reveal.chain))) {
      const lines = await exportedRecords(product, chain);
      expect(lines.map(({ seq }) => seq)).toEqual(lines.map((_, index) => index + 1));
      for (const { seq } of load.reveals.filter((reveal) => reveal.chain === chain)) expect(lines[seq - 1]).toMatchObject({ seq, action: "phi.read" });
    }
    const system = await exportedRecords(product, "system");
    expect(system.filter(({ action }) => action === "custodian.taken_over").map(({ detail }) => detail.split(";")[0])).toEqual([
      "epoch=1",
      ...SIGNALS.map((_, at) => `epoch=${at + 2}`),
    ]);
  }, 240_000);

  test("which one serves and which one waits, status and doctor say, and what keeps that one from taking over", async () => {
    const { waiting } = await bothStand();
    expect((await product.cli(["status"])).stdout).toMatch(new RegExp(`^  ${waiting} +running, process \\d+, for \\d+ s, waits, sealed, to take over$`, "m"));
    const doctor = async (): Promise<readonly string[]> => {
      const { findings } = JSON.parse((await product.cli(["doctor", "--json"])).stdout) as {
        findings: readonly { readonly check: string; readonly severity: string; readonly message: string }[];
      };
      return findings.filter(({ check }) => check === "standby").map(({ severity, message }) => `${severity}: ${message}`);
    };
    expect(await doctor()).toEqual(["ok: one custodian serves, and one waits, sealed, to take over"]);
    const key = join(product.home, "custodian", "root.key");
    renameSync(key, `${key}.away`);
    await until(
      async () => (await standing()) === null,
      30_000,
      () => "the one that waits misses nothing",
    );
    expect(await doctor()).toEqual([`error: ${waiting} can't take over (secret.missing)`]);
    renameSync(`${key}.away`, key);
    await bothStand();
    if (!LONG) return;
    const pid = await product.pidOf(waiting);
    process.kill(pid, "SIGSTOP");
    await until(
      async () => (await standing()) === null,
      30_000,
      () => "the one that waits says something",
    );
    expect(await doctor()).toEqual([`error: ${waiting} should wait to take over, and says nothing`]);
    process.kill(pid, "SIGCONT");
    await bothStand();
  }, 180_000);

  test("stops, and the one that waits doesn't take over then", async () => {
    const { host } = product;
    const from = host.stdout.length;
    expect((await product.stop())?.code).toBe(0);
    expect(host.stdout.slice(from)).toMatch(/^stopping$/m);
    expect(host.stdout.slice(from)).not.toContain("taken over");
  }, 120_000);
});
