import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { assertSafe } from "@sallyport/db";
import { freePort, startPostgres } from "@sallyport/embedded-postgres";
import { codeOf } from "@sallyport/errors";
import { faultTest } from "@sallyport/testkit";
import { Host } from "./host.ts";
import type { Programs } from "./programs.ts";
import { assertStrongSecret } from "./secret-file.ts";
import { readSettings } from "./settings.ts";

const codeFrom = async (work: () => unknown): Promise<string | null> => {
  try {
    await work();
    return null;
  } catch (error) {
    return codeOf(error);
  }
};

faultTest("P9", "an example of a secret stops the start", async (defence) => {
  const rule = defence === "on" ? assertStrongSecret : () => undefined;
  expect(await codeFrom(() => readSettings({ SALLYPORT_DATABASE_URL: "postgres://owner:change-me-please@localhost/t" }, rule))).toBe("secret.weak");
});

/** A program that ends at once: what comes after the database is not the matter here. */
const nothing = { command: process.execPath, args: ["-e", ""], cwd: "/" };
const programs: Programs = { processes: { custodian: nothing, api: nothing, console: nothing, egress: nothing }, setup: nothing, entries: [] };

faultTest(
  "P9",
  "a database without fsync stops the start",
  async (defence) => {
    const folder = mkdtempSync(join(tmpdir(), "sallyport-p9-"));
    const unsafe = await startPostgres({ dataDir: join(folder, "unsafe"), durable: false });
    const [apiPort, consolePort] = [await freePort(), await freePort()];
    const database = {
      assertSafe: defence === "on" ? assertSafe : () => Promise.resolve(),
      migrate: () => Promise.resolve(),
      passwords: () => {
        throw new Error("not reached");
      },
    };
    const host = new Host({
      settings: { home: join(folder, "home"), apiPort, consolePort, custodianPort: null, databaseUrl: unsafe.url, seed: "none" },
      programs,
      database,
      now: Date.now,
      bringSubjects: () => Promise.resolve(),
      report: () => undefined,
    });
    try {
      expect(await codeFrom(() => host.start())).toBe("database.insecure");
    } finally {
      await host.stop();
      await unsafe.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  },
  60_000,
);
