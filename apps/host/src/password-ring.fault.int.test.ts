import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { connectDatabase, type Database, DATABASE_PROCESSES, type DatabaseProcess, migrate, type PasswordStore, passwordStore } from "@sallyport/db";
import { durableCluster, type TemporaryCluster } from "@sallyport/embedded-postgres/testing";
import { SallyportError } from "@sallyport/errors";
import { faultTest } from "@sallyport/testkit";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { PasswordRing } from "./password-ring.ts";
import { writePrivate } from "./private-file.ts";

const LONG = process.env["SALLYPORT_TEST_LONG"] !== undefined;
const WINDOWS = { ageMaxMs: 90 * 86_400_000, overlapMaxMs: 60_000, settleMs: 700 };
const DEPLOYMENT = "dtestdeployment";

let cluster: TemporaryCluster;
let folder: string;
let owner: Database;
beforeAll(async () => {
  cluster = await durableCluster();
  folder = mkdtempSync(join(tmpdir(), "sallyport-ring-"));
  await migrate(cluster.url, { deployment: DEPLOYMENT });
  owner = connectDatabase({ url: cluster.url, max: 1, applicationName: "test-owner" });
}, 120_000);
afterAll(async () => {
  await owner.close();
  await cluster.dispose();
  rmSync(folder, { recursive: true, force: true });
});

/** Each test begins where one password of each process is left. */
beforeEach(async () => {
  const ring = ringOf();
  await ring.open();
  await ended(ring);
}, 30_000);

const fileOf = (process: DatabaseProcess): string => join(folder, `${process}.url`);
const urlOf = (process: DatabaseProcess): string => readFileSync(fileOf(process), "utf8");
const urls = (): string[] => DATABASE_PROCESSES.map(urlOf);

interface Around {
  readonly store?: Partial<PasswordStore>;
  readonly windows?: Partial<typeof WINDOWS>;
  readonly now?: () => number;
}
const ringOf = ({ store, windows, now = Date.now }: Around = {}): PasswordRing =>
  new PasswordRing({
    store: { ...passwordStore(cluster.url), ...store },
    files: { read: (process) => (existsSync(fileOf(process)) ? urlOf(process) : null), write: (process, url) => writePrivate(fileOf(process), url) },
    now,
    report: () => undefined,
    windows: { ...WINDOWS, ...windows },
  });

async function ended(ring: PasswordRing): Promise<void> {
  while (ring.state()?.holders !== null) {
    await ring.round();
    await sleep(50);
  }
}

/** Every process at work as its role, on transactions, statements and a lane, by what is in its file. */
function working(): { failures: string[]; done: () => number; stop: () => Promise<void> } {
  const failures: string[] = [];
  let [isOver, count] = [false, 0];
  const workers = DATABASE_PROCESSES.flatMap((process) => {
    const database = connectDatabase({ url: () => urlOf(process), max: 3, applicationName: `test-${process}`, lanes: 1 });
    const work = async (act: () => Promise<readonly { role: string }[]>): Promise<void> => {
      while (!isOver) {
        const outcome = await act().then(
          ([row]) => row?.role,
          (error: unknown) => String(error),
        );
        if (outcome === `sallyport_${process}`) count += 1;
        else failures.push(`${process}: ${String(outcome)}`);
        await sleep(2);
      }
    };
    const kinds = [
      () => database.run<{ role: string }>`SELECT current_user AS role, pg_sleep(0.01)`,
      () => database.transaction(async (tx) => (await tx`SELECT 1`, await tx<{ role: string }>`SELECT current_user AS role`)),
      () => database.lane("one")<{ role: string }>`SELECT current_user AS role, pg_sleep(0.005)`,
    ];
    return [Promise.all([...kinds, ...kinds].map(work)).then(() => database.close())];
  });
  const stop = async (): Promise<void> => {
    isOver = true;
    await Promise.all(workers);
  };
  return { failures, done: () => count, stop };
}

/** What a connection attempt by this URL answers. */
async function attempt(url: string): Promise<string> {
  const database = connectDatabase({ url, max: 1, applicationName: "test-attempt" });
  const answer = await database.run`SELECT 1`.then(
    () => "opened",
    (error: unknown) => (error instanceof SallyportError ? String(error.context["sqlstate"]) : "?"),
  );
  await database.close();
  return answer;
}
const REFUSED = /^28(?:000|P01)$/;

const logins = async (): Promise<string[]> =>
  (await owner.run<{ name: string }>`SELECT rolname AS name FROM pg_roles WHERE rolcanlogin AND rolname LIKE 'sallyport%' ORDER BY 1`).map(({ name }) => name);
const sessions = async (): Promise<string[]> =>
  (await owner.run<{ name: string }>`SELECT DISTINCT usename AS name FROM pg_stat_activity WHERE usename LIKE 'sallyport%' ORDER BY 1`).map(({ name }) => name);

/** Two rotations in a row while everybody works; answers the URLs that were used before. */
async function twice(ring: PasswordRing): Promise<{ readonly before: readonly string[]; readonly failures: readonly string[]; readonly done: number }> {
  await ring.open();
  const load = working();
  const before: string[] = [];
  try {
    for (let turn = 0; turn < 2; turn += 1) {
      await sleep(500);
      before.push(...urls());
      await ring.rotate("operator");
      expect(ring.state()?.holders).toEqual([]);
      await expect(ring.rotate("operator")).rejects.toMatchObject({ code: "keys.early" });
      await ended(ring);
      await sleep(200);
    }
  } finally {
    await load.stop();
  }
  return { before, failures: [...new Set(load.failures)], done: load.done() };
}

faultTest(
  "E10",
  "who uses the database while its passwords rotate twice is never refused",
  async (defence) => {
    const real = passwordStore(cluster.url);
    // Off: the ones before end as soon as there are others.
    const renew: PasswordStore["renew"] = async (process, generation) => {
      const url = await real.renew(process, generation);
      await real.shutOthers(generation);
      return url;
    };
    const { failures, done } = await twice(ringOf(defence === "on" ? {} : { store: { renew } }));
    expect(failures).toEqual([]);
    expect(done).toBeGreaterThan(500);
  },
  60_000,
);

faultTest(
  "E10",
  "a password of the database opens nothing after its overlap",
  async (defence) => {
    // Off: the logins before aren't shut.
    const { before } = await twice(ringOf(defence === "on" ? {} : { store: { shutOthers: () => Promise.resolve(0) } }));
    for (const url of before) expect(await attempt(url)).toMatch(REFUSED);
    for (const url of urls()) expect(await attempt(url)).toBe("opened");
    expect(await logins()).toHaveLength(2);
  },
  60_000,
);

faultTest(
  "E10",
  "a process that doesn't move keeps its password until the longest overlap is over, and no longer",
  async (defence) => {
    const ring = ringOf({ windows: { overlapMaxMs: defence === "on" ? 1500 : 3_600_000 } });
    await ring.open();
    const url = urlOf("api");
    const stuck = connectDatabase({ url, max: 1, applicationName: "test-stuck" });
    try {
      await stuck.run`SELECT 1`;
      await ring.rotate("operator");
      const untilMs = Date.now() + 1200;
      while (Date.now() < untilMs) {
        await ring.round();
        await sleep(50);
      }
      expect(ring.state()?.holders).toEqual(["test-stuck"]);
      expect(await attempt(url)).toBe("opened");
      await sleep(600);
      await ring.round();
      expect(await attempt(url)).toMatch(REFUSED);
      await expect(stuck.run`SELECT 1`).rejects.toMatchObject({ code: "service.unavailable" });
      const last = (await passwordStore(cluster.url).steps()).findLast(({ step }) => step === "retire");
      expect(last).toMatchObject({ ended: 1, cause: "operator" });
    } finally {
      await stuck.close();
    }
  },
  30_000,
);

test("passwords that are too old rotate by themselves, once", async () => {
  const ageMaxMs = 86_400_000;
  let now = Date.now();
  const ring = ringOf({ now: () => now, windows: { ageMaxMs } });
  await ring.open();
  const { generation } = ring.state() ?? { generation: 0 };
  await ring.round();
  expect(ring.state()).toMatchObject({ generation, isOverdue: false, holders: null });
  now += ageMaxMs + 60_000;
  expect(ring.state()?.isOverdue).toBe(true);
  await ring.round();
  await ring.round();
  expect(ring.state()).toMatchObject({ generation: generation + 1, holders: [] });
  expect((await passwordStore(cluster.url).steps()).at(-1)).toMatchObject({ generation: generation + 1, step: "activate", cause: "age" });
  now += WINDOWS.settleMs;
  await ring.round();
  expect(ring.state()?.holders).toBeNull();
});

test("a start keeps passwords that open, and makes others where a file is away, is of before, or doesn't open", async () => {
  await ringOf().open();
  const kept = urls();
  await ringOf().open();
  expect(urls()).toEqual(kept);
  rmSync(fileOf("api"));
  await ringOf().open();
  expect(await attempt(urlOf("api"))).toBe("opened");
  expect(await attempt(kept[0] ?? "")).toMatch(REFUSED);
  expect(urlOf("custodian")).toBe(kept[1]);
  writePrivate(fileOf("custodian"), urlOf("custodian").replace(/:[^:@]+@/, ":wrong-wrong-wrong-wrong@"));
  await ringOf().open();
  expect(await attempt(urlOf("custodian"))).toBe("opened");
  // The database is elsewhere now: the password is the same.
  const [moved = ""] = urls();
  writePrivate(fileOf("api"), moved.replace(/:\d+\//, ":1/"));
  await ringOf().open();
  expect(urlOf("api")).toBe(moved);
});

test("a deployment whose roles logged in themselves is carried over by a start: their passwords open nothing, and their sessions are over", async () => {
  await ringOf().open();
  const legacy = (process: DatabaseProcess): string => {
    const url = new URL(cluster.url);
    [url.username, url.password] = [`sallyport_${process}`, "a-password-of-an-earlier-version"];
    return url.href;
  };
  await owner.run`ALTER ROLE sallyport_api LOGIN PASSWORD 'a-password-of-an-earlier-version'`;
  await owner.run`ALTER ROLE sallyport_custodian LOGIN PASSWORD 'a-password-of-an-earlier-version'`;
  for (const process of DATABASE_PROCESSES) writePrivate(fileOf(process), legacy(process));
  const old = connectDatabase({ url: legacy("api"), max: 1, applicationName: "test-old" });
  await old.run`SELECT 1`;
  await ringOf().open();
  await expect(old.run`SELECT 1`).rejects.toMatchObject({ code: "service.unavailable" });
  await old.close();
  for (const process of DATABASE_PROCESSES) {
    expect(await attempt(legacy(process))).toMatch(REFUSED);
    expect(await attempt(urlOf(process))).toBe("opened");
  }
  expect(await sessions()).toEqual([]);
});

test("a rotation that is killed after any of its acts is gone on with by the next start, nobody is refused meanwhile, and one password of each process is left", {
  timeout: 240_000,
}, async () => {
  await ringOf().open();
  const run = async (nth: number): Promise<string[]> => {
    const child = spawn(process.execPath, [join(import.meta.dirname, "stand-ins/killed-ring.mjs"), cluster.url, folder, String(nth), "100"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let said = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (said += text));
    const [code, signal] = (await once(child, "close")) as [number | null, string | null];
    expect([code, signal]).toEqual(nth === 0 ? [0, null] : [null, "SIGKILL"]);
    const lines = said.trim().split("\n");
    return lines.slice(lines.indexOf("begin") + 1);
  };
  const load = working();
  const acts = await run(0);
  for (const act of ["note add", "renew api", "write api", "renew custodian", "write custodian", "note activate", "shutOthers", "note retire"])
    expect(
      acts.some((each) => each.startsWith(act)),
      act,
    ).toBe(true);
  // Being killed after one that only looks is being killed before the next: the long run does that too.
  const points = acts.flatMap((act, at) => (LONG || /^(?:note|renew|write|shutOthers)/.test(act) ? [at + 1] : []));
  for (const nth of points) {
    const before = urls();
    await run(nth);
    const ring = ringOf();
    await ring.open();
    await ended(ring);
    const isTurned = urls().every((url, at) => url !== before[at]);
    expect(isTurned || urls().every((url, at) => url === before[at]), acts[nth - 1]).toBe(true);
    for (const url of urls()) expect(await attempt(url), acts[nth - 1]).toBe("opened");
    if (isTurned) for (const url of before) expect(await attempt(url), acts[nth - 1]).toMatch(REFUSED);
    expect(await logins(), acts[nth - 1]).toHaveLength(2);
    expect((await sessions()).length, acts[nth - 1]).toBe(2);
  }
  await load.stop();
  expect([...new Set(load.failures)]).toEqual([]);
  const steps = await passwordStore(cluster.url).steps();
  for (const { generation } of steps.filter(({ step }) => step === "retire"))
    expect(steps.filter((step) => step.generation === generation).map(({ step }) => step)).toEqual(["add", "activate", "retire"]);
});
