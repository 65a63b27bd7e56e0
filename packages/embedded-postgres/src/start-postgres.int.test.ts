import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, lchownSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startPostgres } from "@sallyport/embedded-postgres";

const folder = mkdtempSync(join(tmpdir(), "sallyport-cluster-"));
const dataDir = join(folder, "postgres");
const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return !/^State:\s*Z/m.test(existsSync(`/proc/${pid}/status`) ? readFileSync(`/proc/${pid}/status`, "utf8") : "");
  } catch {
    return false;
  }
};
const gone = (pid: number): Promise<void> => expect.poll(() => isAlive(pid), { timeout: 15_000 }).toBe(false);
const ask = async <T>(url: string, run: (sql: postgres.Sql) => Promise<T>): Promise<T> => {
  const sql = postgres(url, { max: 1, onnotice: () => undefined });
  try {
    return await run(sql);
  } finally {
    await sql.end();
  }
};

beforeAll(async () => {
  const server = await startPostgres({ dataDir });
  await ask(server.url, (sql) => sql`CREATE TABLE kept (n int)`);
  await server.stop();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("startPostgres", () => {
  it("gives a second start the same URL and the same data", async () => {
    const first = await startPostgres({ dataDir });
    await ask(first.url, (sql) => sql`INSERT INTO kept VALUES (1)`);
    await first.stop();
    const second = await startPostgres({ dataDir });
    expect(second.url).toBe(first.url);
    expect(await ask(second.url, (sql) => sql`SELECT n FROM kept WHERE n = 1`)).toHaveLength(1);
    await second.stop();
    expect(isAlive(second.pid)).toBe(false);
  });

  it("runs with what durability needs, with checksums, and with SCRAM on loopback alone", async () => {
    const server = await startPostgres({ dataDir });
    const settings = await ask(server.url, (sql) => sql<{ name: string; setting: string }[]>`SELECT name, setting FROM pg_settings`);
    const of = Object.fromEntries(settings.map(({ name, setting }) => [name, setting]));
    expect(of).toMatchObject({
      fsync: "on",
      full_page_writes: "on",
      synchronous_commit: "on",
      data_sync_retry: "off",
      data_checksums: "on",
      listen_addresses: "127.0.0.1",
      unix_socket_directories: "",
      server_encoding: "UTF8",
    });
    const methods = await ask(server.url, (sql) => sql<{ auth_method: string }[]>`SELECT DISTINCT auth_method FROM pg_hba_file_rules`);
    expect(methods.map((row) => row.auth_method)).toEqual(["scram-sha-256"]);
    const wrong = new URL(server.url);
    wrong.password = "x".repeat(30);
    await expect(ask(wrong.href, (sql) => sql`SELECT 1`)).rejects.toMatchObject({ code: "28P01" });
    await server.stop();
  });

  it("keeps its password in a file that only its owner reads, and puts it on no command line", async () => {
    const server = await startPostgres({ dataDir });
    const password = new URL(server.url).password;
    expect(statSync(join(dataDir, "superuser.password")).mode & 0o777).toBe(0o600);
    expect(password.length).toBeGreaterThanOrEqual(32);
    if (process.platform === "linux") expect(readFileSync(`/proc/${server.pid}/cmdline`, "utf8")).not.toContain(password);
    await server.stop();
  });

  it("keeps every acknowledged row through a SIGKILL of the server, at the same URL", async () => {
    const server = await startPostgres({ dataDir });
    const sql = postgres(server.url, { max: 4, onnotice: () => undefined });
    const acknowledged: number[] = [];
    let stopped = false;
    const writer = async (offset: number): Promise<void> => {
      for (let n = offset; !stopped; n += 4) {
        await sql`INSERT INTO kept VALUES (${n})`.then(
          () => acknowledged.push(n),
          () => (stopped = true),
        );
      }
    };
    const writers = [1000, 1001, 1002, 1003].map(writer);
    await expect.poll(() => acknowledged.length).toBeGreaterThan(200);
    server.kill("SIGKILL");
    await server.exited;
    stopped = true;
    const again = await startPostgres({ dataDir });
    await Promise.allSettled(writers);
    await sql.end({ timeout: 0 });
    expect(again.url).toBe(server.url);
    const rows = await ask(again.url, (read) => read<{ n: number }[]>`SELECT n FROM kept WHERE n >= 1000`);
    const stored = new Set(rows.map(({ n }) => n));
    expect(acknowledged.filter((n) => !stored.has(n))).toEqual([]);
    await again.stop();
  });

  it("leaves no server behind when its owner is killed with SIGKILL, and starts again beside what it left", async () => {
    const entry = pathToFileURL(join(import.meta.dirname, "..", "dist", "index.js")).href;
    const owner = spawn(
      process.execPath,
      [
        "--input-type=module",
        "-e",
        `import { startPostgres } from ${JSON.stringify(entry)}; const s = await startPostgres({ dataDir: ${JSON.stringify(dataDir)} }); console.log(s.pid); setInterval(() => {}, 1000);`,
      ],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    const [chunk] = (await once(owner.stdout, "data")) as [Buffer];
    const pid = Number(String(chunk));
    expect(isAlive(pid)).toBe(true);
    owner.kill("SIGKILL");
    const next = await startPostgres({ dataDir });
    await gone(pid);
    expect(next.pid).not.toBe(pid);
    await next.stop();
  });

  it.skipIf(process.platform !== "linux")("survives the loss of its watchdog: the server stops, and a start takes over", async () => {
    const server = await startPostgres({ dataDir });
    const watchdog = Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${server.pid}/status`, "utf8"))?.[1]);
    process.kill(watchdog, "SIGKILL");
    await server.exited;
    const next = await startPostgres({ dataDir });
    await gone(server.pid);
    await next.stop();
  });

  it("starts although its pid file names a living process that is not a server", async () => {
    writeFileSync(join(dataDir, "data", "postmaster.pid"), `${process.pid}\n${join(dataDir, "data")}\n1\n5432\n\n127.0.0.1\n  1 1\nready   \n`);
    const server = await startPostgres({ dataDir });
    expect(server.pid).not.toBe(process.pid);
    await server.stop();
  });

  it("refuses a port that is taken when that port was asked for, and takes another when it was only remembered", async () => {
    const server = await startPostgres({ dataDir });
    await server.stop();
    const blocker = createServer().listen(server.port, "127.0.0.1");
    await once(blocker, "listening");
    await expect(startPostgres({ dataDir, port: server.port })).rejects.toMatchObject({ code: "port.taken", context: { port: server.port } });
    const other = await startPostgres({ dataDir });
    expect(other.port).not.toBe(server.port);
    await other.stop();
    blocker.close();
  });

  it.runIf(process.getuid?.() === 0)("takes over a cluster whose files belong to another user, where it is root", async () => {
    const other = join(folder, "other");
    const first = await startPostgres({ dataDir: other, durable: false });
    await first.stop();
    const data = join(other, "data");
    for (const entry of readdirSync(data, { recursive: true, withFileTypes: true })) lchownSync(join(entry.parentPath, entry.name), 61_999, 61_999);
    lchownSync(data, 61_999, 61_999);
    const second = await startPostgres({ dataDir: other, durable: false });
    expect(statSync(join(data, "base")).uid).not.toBe(61_999);
    await second.stop();
  });

  it("refuses a password file that others can read, and a cluster of another version", async () => {
    const secret = join(dataDir, "superuser.password");
    chmodSync(secret, 0o644);
    await expect(startPostgres({ dataDir })).rejects.toMatchObject({ code: "secret.exposed" });
    chmodSync(secret, 0o600);
    const version = join(dataDir, "data", "PG_VERSION");
    writeFileSync(version, "19\n");
    await expect(startPostgres({ dataDir })).rejects.toMatchObject({ code: "database.newer" });
    writeFileSync(version, "18\n");
  });

  it("begins anew where a first start was cut off halfway", async () => {
    const half = join(folder, "half");
    mkdirSync(join(half, "data.new"), { recursive: true });
    writeFileSync(join(half, "data.new", "PG_VERSION"), "18\n");
    const server = await startPostgres({ dataDir: half, durable: false });
    expect(await ask(server.url, (sql) => sql`SELECT 1 AS one`)).toEqual([{ one: 1 }]);
    await server.stop();
  });

  it("keeps the password of data that were moved away, so that they open again when they come back", async () => {
    const moved = join(folder, "moved");
    const first = await startPostgres({ dataDir: moved, durable: false });
    await ask(first.url, (sql) => sql`CREATE TABLE came_back (n int)`);
    await first.stop();
    renameSync(join(moved, "data"), join(moved, "data.away"));
    const between = await startPostgres({ dataDir: moved, durable: false });
    await between.stop();
    rmSync(join(moved, "data"), { recursive: true });
    renameSync(join(moved, "data.away"), join(moved, "data"));
    const back = await startPostgres({ dataDir: moved, durable: false });
    expect(await ask(back.url, (sql) => sql`SELECT n FROM came_back`)).toEqual([]);
    await back.stop();
  });

  it("runs below a folder that only its owner may enter", async () => {
    const shut = mkdtempSync(join(folder, "shut-"));
    expect(statSync(shut).mode & 0o077).toBe(0);
    const server = await startPostgres({ dataDir: join(shut, "postgres"), durable: false });
    expect(await ask(server.url, (sql) => sql`SELECT 1 AS one`)).toEqual([{ one: 1 }]);
    await server.stop();
    const again = await startPostgres({ dataDir: join(shut, "postgres"), durable: false });
    await again.stop();
  });
});
