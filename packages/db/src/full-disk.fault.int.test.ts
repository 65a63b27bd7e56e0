import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseBody } from "@sallyport/audit";
import { type EmbeddedPostgres, startPostgres } from "@sallyport/embedded-postgres";
import { faultTest } from "@sallyport/testkit";
import postgres from "postgres";
import { describe, expect, onTestFinished } from "vitest";
import { migrate } from "./migrate.ts";
import { provisionRoles } from "./roles.ts";
import { TEST_DEPLOYMENT, testDraft, testTrail } from "./testing.ts";

/** A cluster with its schema, and room for three segments of the write-ahead log. */
const DISK = "140m";
/** What is left free: less than a segment, so that the next one can't be made. */
const LEFT_BYTES = 2 * 1024 * 1024;
const CALLERS = 8;

const succeeds = (program: string, ...args: readonly string[]): boolean => spawnSync(program, args, { stdio: "ignore" }).status === 0;

/** A small file system in memory; null where this user may not mount one. */
function smallDisk(): string | null {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-disk-"));
  if (succeeds("mount", "-t", "tmpfs", "-o", `size=${DISK},mode=0755`, "tmpfs", folder)) return folder;
  rmdirSync(folder);
  return null;
}

const leave = (folder: string): void => {
  succeeds("umount", "-l", folder);
  rmSync(folder, { recursive: true, force: true });
};

const probe = smallDisk();
if (probe !== null) leave(probe);

describe.skipIf(probe === null)(`on a file system of ${DISK}${probe === null ? " (skipped: this user may not mount one)" : ""}`, () => {
  faultTest(
    "P2",
    "while the disk is full nothing is done by halves or acknowledged and lost, and with room again the trail goes on and says what it refused",
    async (defence) => {
      const disk = smallDisk() ?? expect.unreachable();
      onTestFinished(() => leave(disk));
      chmodSync(disk, 0o755);
      const dataDir = join(disk, "postgres");
      let server: EmbeddedPostgres = await startPostgres({ dataDir });
      onTestFinished(() => server.stop());
      await migrate(server.url, { deployment: TEST_DEPLOYMENT });
      const { apiUrl } = await provisionRoles(server.url);
      const { trail, database, close } = await testTrail(apiUrl);
      onTestFinished(close);

      const { bavail, bsize } = statfsSync(disk);
      writeFileSync(join(disk, "ballast"), Buffer.alloc(Math.max(0, bavail * bsize - LEFT_BYTES)));
      const done: string[] = [];
      const codes = new Set<string>();
      const change = async (id: string): Promise<void> => {
        const effect = (tx: typeof database.run): Promise<unknown> => tx`INSERT INTO regulatory.studies (id, title, profile) VALUES (${id}, ${"S".repeat(4000)}, 'sdtm')`;
        const isWhole = defence === "on";
        if (!isWhole) await effect(database.run);
        await (isWhole
          ? trail.inTransaction(async (tx, appendLast) => {
              await effect(tx);
              return appendLast([testDraft(id)]);
            })
          : trail.append(testDraft(id)));
        done.push(id);
      };
      const load = Array.from({ length: CALLERS }, async (_, caller) => {
        for (let n = 0; codes.size === 0; n += 1) await change(`${caller}-${n}`).catch((error: Error) => codes.add(error.message));
      });
      await Promise.all(load);
      // What is refused says so at once, for as long as there is no room.
      for (let n = 0; n < 3; n += 1) {
        await change(`full-${n}`).catch((error: Error) => codes.add(error.message));
        await trail.append(testDraft(`full-${n}-read`)).catch((error: Error) => codes.add(error.message));
      }
      expect(done.length).toBeGreaterThan(0);

      rmSync(join(disk, "ballast"));
      // A server that could not write its log ends rather than go on; its supervisor starts it again.
      const isUp = await Promise.race([server.exited.then(() => false), new Promise<boolean>((settle) => setTimeout(settle, 1500, true))]);
      if (!isUp) server = await startPostgres({ dataDir });
      await expect.poll(() => trail.outage, { timeout: 30_000 }).toBeNull();
      await trail.append(testDraft("after"));

      const admin = postgres(server.url, { max: 1 });
      onTestFinished(() => admin.end());
      const effects = (await admin<{ id: string }[]>`SELECT id FROM regulatory.studies`).map(({ id }) => id);
      const records = (await admin<{ body: string }[]>`SELECT body FROM audit.records ORDER BY seq`).map(({ body }) => parseBody(body));
      const ids = records.map(({ request_id }) => request_id).filter((id) => /^(?:\d-|full-)\d+$/.test(id));
      expect([...effects].sort()).toEqual([...ids].sort());
      expect(done.filter((id) => !ids.includes(id))).toEqual([]);
      expect(records.some(({ action }) => action === "trail.outage")).toBe(true);
      expect([...codes].filter((code) => code !== "trail.unavailable" && code !== "service.unavailable")).toEqual([]);
    },
    120_000,
  );
});
