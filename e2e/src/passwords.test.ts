import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { AuditRecord } from "@sallyport/audit";
import { faultTest } from "@sallyport/testkit";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exportedRecords } from "./support/exported-records.ts";
import { Load } from "./support/load.ts";
import { leftAfter } from "./support/processes.ts";
import { startFounded } from "./support/founded.ts";
import { Product } from "./support/product.ts";
import { until } from "./support/until.ts";

const PROCESSES = ["api", "custodian"] as const;
/** Calls that have to be answered between two looks. */
const MORE = 40;
const LONG = process.env["SALLYPORT_TEST_LONG"] !== undefined;

let product: Product;
let subjects: readonly string[];
beforeAll(async () => {
  if (!LONG) return;
  product = await startFounded();
  const reviewer = product.connect("reviewer");
  subjects = (await reviewer.api.subjects.list.query({ study: "SYN-001" })).items.map(({ subjectId }) => subjectId);
  await reviewer.close();
}, 240_000);
afterAll(async () => {
  if (LONG) await product.remove();
}, 120_000);

const urlOf = (process: (typeof PROCESSES)[number]): string => readFileSync(join(product.home, "secrets", `${process}.database-url`), "utf8").trim();

/** What a connection attempt by this URL answers. */
async function attempt(url: string): Promise<string> {
  const sql = postgres(url, { max: 1, onnotice: () => undefined, connection: { application_name: "attempt" } });
  const answer = await sql`SELECT 1`.then(
    () => "opened",
    (error: { code?: string }) => error.code ?? "?",
  );
  await sql.end({ timeout: 1 });
  return answer;
}

interface Shown {
  readonly passwords: { readonly generation: number; readonly holders: readonly string[] | null };
}
const shown = async (): Promise<Shown["passwords"]> => (await product.json<Shown>(["passwords"])).passwords;

/** Waits until only one password of each process is left. */
const settled = async (generation: number): Promise<unknown> =>
  await until(
    async () => {
      const { generation: now, holders } = await shown();
      return now === generation && holders === null ? true : null;
    },
    60_000,
    () => `the passwords before generation ${generation} don't end`,
  );

const rotate = async (): Promise<number> => (await product.json<{ generation: number }>(["passwords", "rotate"])).generation;

async function moreOf(load: Load): Promise<void> {
  const before = load.acknowledged;
  await until(
    () => load.acknowledged >= before + MORE,
    60_000,
    () => `${load.acknowledged - before} calls were answered`,
  );
}

/** The steps of the database's passwords on the trail, of a chain that verifies. */
const stepsOnTrail = async (): Promise<readonly AuditRecord[]> => (await exportedRecords(product, "system")).filter(({ resource }) => resource === "ring/database");

/** What is shown of the ring alone (apps/host/src/password-ring.fault.int.test.ts), of the whole product. */
describe.skipIf(!LONG)(`passwords of the database in the whole product${LONG ? "" : " (skipped: in the long run alone)"}`, () => {
  faultTest(
    "E10",
    "the product serves while the database's passwords rotate, and the ones before open nothing",
    async (defence) => {
      const { generation: first } = await shown();
      const load = new Load(product, subjects);
      const before: string[] = [];
      await moreOf(load);
      // Off, one is enough to tell.
      for (let turn = 1; turn <= (defence === "on" ? 2 : 1); turn += 1) {
        before.push(...PROCESSES.map(urlOf));
        const logins = before.slice(-2).map((url) => new URL(url).username);
        const kept = await product.withOwner(
          (owner) => owner<{ name: string; secret: string }[]>`SELECT rolname AS name, rolpassword AS secret FROM pg_authid WHERE rolname IN ${owner(logins)}`,
        );
        expect(await rotate()).toBe(first + turn);
        await settled(first + turn);
        // Off: the login before isn't ended.
        if (defence === "off")
          await product.withOwner(async (owner) => void (await Promise.all(kept.map(({ name, secret }) => owner.unsafe(`ALTER ROLE ${name} LOGIN PASSWORD '${secret}'`)))));
        await moreOf(load);
      }
      await load.stop();
      expect(load.outages).toBe(0);
      for (const url of PROCESSES.map(urlOf)) expect(await attempt(url)).toBe("opened");
      for (const url of before) expect(await attempt(url)).toMatch(/^28(?:000|P01)$/);
      expect((await product.status()).processes.every(({ state }) => state === "running")).toBe(true);
    },
    180_000,
  );

  test("every step is on a trail that is whole, once, and doctor knows how old they are", { timeout: 120_000 }, async () => {
    const { generation } = await shown();
    await sleep(2500);
    const steps = await stepsOnTrail();
    expect(new Set(steps.map(({ request_id }) => request_id)).size).toBe(steps.length);
    const of = (step: string): readonly string[] => steps.filter(({ detail }) => detail.startsWith(`step=${step};`)).map(({ request_id }) => request_id);
    const all = Array.from({ length: generation }, (_, at) => at + 1);
    expect(of("add")).toEqual(all.map((each) => `database-${each}-add`));
    expect(of("activate")).toEqual(all.map((each) => `database-${each}-activate`));
    expect(of("retire")).toEqual(all.slice(0, -1).map((each) => `database-${each}-retire`));
    expect(steps.at(-1)).toMatchObject({ principal: "supervisor", action: "keys.rotate", decision: "note", reason: "operator" });
    expect(steps.at(-1)?.detail).toContain("ended=0;");
    const { findings } = JSON.parse((await product.cli(["doctor", "--json"])).stdout) as { findings: readonly { check: string; severity: string }[] };
    expect(findings.filter(({ check }) => check === "passwords").map(({ severity }) => severity)).toEqual(["ok"]);
  });

  test("a supervisor that is killed while two passwords are accepted ends the one before after its next start, and a start by itself changes none", {
    timeout: 240_000,
  }, async () => {
    const before = PROCESSES.map(urlOf);
    const generation = await rotate();
    const next = PROCESSES.map(urlOf);
    product.host.child.kill("SIGKILL");
    await product.host.ended;
    await leftAfter(product.home, 60_000);
    await product.start();
    await settled(generation);
    expect(PROCESSES.map(urlOf)).toEqual(next);
    for (const url of before) expect(await attempt(url)).toMatch(/^28(?:000|P01)$/);
  });
});
