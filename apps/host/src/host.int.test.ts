import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "@sallyport/embedded-postgres";
import { readIdentity } from "@sallyport/pki";
import { foundingLines, hostStatus, revokeWorkload } from "./control-socket.ts";
import { homePaths } from "./home.ts";
import { databaseUrlFile } from "./process-environment.ts";
import { ZONE_UIDS } from "./process-owners.ts";

const dist = (name: string): string => pathToFileURL(join(import.meta.dirname, "..", "dist", name)).href;
const standIn = (name: string): string => join(import.meta.dirname, "stand-ins", `${name}.mjs`);
const isRoot = process.getuid?.() === 0;

/** A supervisor in a process of its own, with stand-ins for the processes that it keeps. */
class Supervisor {
  readonly lines: string[] = [];
  readonly process;
  readonly exit: Promise<number | null>;

  constructor(
    home: string,
    notes: string,
    ports: { readonly api: number; readonly console: number },
    options: { readonly broken?: string; readonly limits?: object; readonly standby?: boolean } = {},
  ) {
    const program = (name: string, kind: string) => ({ command: process.execPath, args: [standIn(name), kind, notes], cwd: "/" });
    const programs = {
      processes: {
        custodian: program("custodian", "custodian"),
        api: program("process", options.broken ?? "api"),
        console: program("process", "console"),
        egress: program("process", "egress"),
      },
      setup: program("process", "setup"),
      entries: [standIn("process"), standIn("custodian")],
    };
    const settings = {
      home,
      consolePort: ports.console,
      apiPort: ports.api,
      custodianPort: null,
      databaseUrl: null,
      seed: "synthetic",
      consoleOrigin: null,
      provider: null,
      anchors: null,
      alerts: null,
      egress: null,
      archiveAfterDays: null,
      standby: options.standby ?? false,
    };
    const script = `
      import { Host } from ${JSON.stringify(dist("host.js"))};
      import { failureText } from ${JSON.stringify(dist("failure-text.js"))};
      const database = { assertSafe: async () => {}, migrate: async () => {}, passwords: (url) => ({ steps: async () => [], note: async () => {}, renew: async () => url, opened: async () => url, holders: async () => [], shutOthers: async () => 0 }) };
      const host = new Host({ settings: ${JSON.stringify(settings)}, programs: ${JSON.stringify(programs)}, database, now: Date.now, report: (line) => console.log(line), bringSubjects: async () => {}, graceMs: 3000, ...${JSON.stringify(options.limits === undefined ? {} : { limits: options.limits })} });
      let code = 0;
      process.on("SIGTERM", () => host.stop().then(() => process.exit(code)));
      host.failed.then(async (reason) => { console.log("gave up: " + reason); await host.stop(); process.exit(1); });
      await host.start().catch(async (error) => { console.log("refused: " + failureText(error)); await host.stop(); process.exit(1); });`;
    this.process = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["ignore", "pipe", "inherit"], env: { PATH: process.env["PATH"] ?? "" } });
    let rest = "";
    this.process.stdout.setEncoding("utf8").on("data", (text: string) => {
      const parts = (rest + text).split("\n");
      rest = parts.pop() ?? "";
      this.lines.push(...parts);
    });
    this.exit = once(this.process, "exit").then(([code]) => code as number | null);
  }

  says(text: string | RegExp): Promise<void> {
    return expect.poll(() => this.lines.join("\n"), { timeout: 25_000, interval: 30 }).toMatch(text);
  }
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return !/^State:\s*Z/m.test(existsSync(`/proc/${pid}/status`) ? readFileSync(`/proc/${pid}/status`, "utf8") : "");
  } catch {
    return false;
  }
};

let base: string;
let home: string;
let notes: string;
let ports: { api: number; console: number };
let running: Supervisor | null = null;

const start = async (options: { readonly broken?: string; readonly limits?: object; readonly standby?: boolean } = {}): Promise<Supervisor> => {
  running = new Supervisor(home, notes, ports, options);
  await running.says(/^(ready|refused|gave up)/m);
  return running;
};
const pids = async (): Promise<Record<string, number>> => Object.fromEntries((await hostStatus(home)).processes.map(({ name, pid }) => [name, pid ?? 0]));

/** Never 0: a signal to process 0 reaches the whole group. */
const pidIn = (pids: Record<string, number>, name: string): number => {
  const pid = pids[name];
  if (pid === undefined || pid < 2) throw new RangeError(`${name} does not run`);
  return pid;
};

beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), "sallyport-host-"));
  if (isRoot) chmodSync(base, 0o755);
  home = join(base, "home");
  notes = join(base, "notes");
  mkdirSync(notes, { mode: 0o777 });
  chmodSync(notes, 0o777);
  ports = { api: await freePort(), console: await freePort() };
});
afterEach(async () => {
  running?.process.kill("SIGTERM");
  await running?.exit;
  rmSync(notes, { recursive: true, force: true });
  mkdirSync(notes, { mode: 0o777 });
  chmodSync(notes, 0o777);
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

describe("the supervisor", () => {
  it("founds once, answers its status, and gives every process and profile an identity of its own", async () => {
    const first = await start();
    expect(first.lines.at(-1)).toBe(`ready http://localhost:${ports.console}`);
    const plan = JSON.parse(readFileSync(join(notes, "setup.txt"), "utf8")) as { studies: { id: string; sites: unknown[] }[]; principals: { id: string }[] };
    expect(plan.studies.map(({ id, sites }) => [id, sites.length])).toEqual([
      ["SYN-001", 3],
      ["CDISCPILOT01", 17],
    ]);
    const status = await hostStatus(home);
    expect(status.processes.map(({ name, state }) => `${name} ${state}`)).toEqual(["postgres running", "custodian running", "api running", "console running", "egress running"]);
    expect(status.certificates.map(({ name }) => name)).toEqual([
      "api",
      "console",
      "egress",
      "profile auditor",
      "profile engineer",
      "profile ingest",
      "profile regulatory",
      "profile reviewer",
      "profile steward",
      "profile terminal",
    ]);
    expect(plan.principals.map(({ id }) => id)).not.toContain("svc_terminal");
    for (const { notAfter } of status.certificates) expect(Date.parse(notAfter ?? "")).toBeGreaterThan(Date.now());
    expect(readIdentity(join(home, "profiles", "reviewer")).certPem).toContain("BEGIN CERTIFICATE");
    expect(JSON.parse(readFileSync(join(home, "profiles", "reviewer", "profile.json"), "utf8"))).toEqual({
      name: "reviewer",
      api: `https://localhost:${ports.api}`,
      workload: `spiffe://${status.trustDomain}/service/reviewer`,
      trustDomain: status.trustDomain,
    });
    first.process.kill("SIGTERM");
    expect(await first.exit).toBe(0);
    rmSync(join(notes, "setup.txt"), { force: true });
    await start();
    expect(existsSync(join(notes, "setup.txt"))).toBe(false);
  });

  it("tells each process what it needs and nothing more: no owner's URL, no setting of ours", async () => {
    await start();
    const told = (name: string): Record<string, string> =>
      (JSON.parse(readFileSync(join(notes, `${name}.txt`), "utf8").split("\n")[0] ?? "") as { env: Record<string, string> }).env;
    const names = (name: string): string[] =>
      Object.keys(told(name))
        .filter((key) => key.startsWith("SALLYPORT_"))
        .sort();
    expect(names("api")).toEqual([
      "SALLYPORT_API_DATABASE_URL_FILE",
      "SALLYPORT_API_PORT",
      "SALLYPORT_CONSOLE_ORIGIN",
      "SALLYPORT_CUSTODIAN_ADDRESS",
      "SALLYPORT_IDENTITY_DIR",
      "SALLYPORT_SPOOL_DIR",
      "SALLYPORT_TRUST_DOMAIN",
    ]);
    expect(names("console")).toEqual(["SALLYPORT_API_URL", "SALLYPORT_CONSOLE_PORT", "SALLYPORT_IDENTITY_DIR", "SALLYPORT_TRUST_DOMAIN"]);
    expect(names("egress")).toEqual(["SALLYPORT_API_URL", "SALLYPORT_IDENTITY_DIR", "SALLYPORT_TRUST_DOMAIN"]);
    expect(told("api")["SALLYPORT_CONSOLE_ORIGIN"]).toBe(`http://localhost:${ports.console}`);
    expect(told("console")["NODE_ENV"]).toBe("production");
    expect(JSON.stringify([told("api"), told("console"), told("egress")])).not.toContain("postgres://");
  });

  it("prints the founding links before it is ready, at each start until they are used, and writes them into no file", async () => {
    const link = (founder: number): string => `founding administrator ${founder}: http://localhost:${ports.console}/enrol#${String(founder).repeat(43)}`;
    const first = await start();
    expect(first.lines.slice(-3)).toEqual([link(1), link(2), `ready http://localhost:${ports.console}`]);
    expect(await foundingLines(home)).toEqual([link(1), link(2)]);
    const files = readdirSync(home, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile() && !entry.parentPath.includes("postgres"));
    for (const { parentPath, name } of files) expect(readFileSync(join(parentPath, name), "latin1"), name).not.toContain("1".repeat(43));

    writeFileSync(join(home, "custodian", "enrolled"), "");
    first.process.kill("SIGTERM");
    await first.exit;
    const next = await start();
    expect(next.lines.join("\n")).not.toContain("founding administrator");
    expect(await foundingLines(home)).toEqual([]);
    rmSync(join(home, "custodian", "enrolled"));
  });

  it("keeps every secret file for one user alone", async () => {
    await start();
    for (const name of ["api", "custodian"] as const) expect(statSync(databaseUrlFile(homePaths(home), name)).mode & 0o777).toBe(0o600);
    for (const name of ["key.pem", "cert.pem"]) expect(statSync(join(home, "identity", "api", name)).mode & 0o777).toBe(0o600);
    expect(statSync(join(home, "profiles", "ingest", "key.pem")).mode & 0o777).toBe(0o600);
    expect(statSync(join(home, "run")).mode & 0o777).toBe(0o700);
  });

  it.runIf(isRoot)("runs each zone under a user of its own when it was started as root, and warns of nothing", async () => {
    const host = await start();
    const uidOf = (pid: number): number => Number(/^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
    const now = await pids();
    expect({ custodian: uidOf(now["custodian"] ?? 0), api: uidOf(now["api"] ?? 0), console: uidOf(now["console"] ?? 0), egress: uidOf(now["egress"] ?? 0) }).toEqual(ZONE_UIDS);
    expect(uidOf(now["postgres"] ?? 0)).not.toBe(0);
    expect(statSync(join(home, "custodian")).uid).toBe(ZONE_UIDS.custodian);
    expect(statSync(join(home, "secrets", "api.database-url")).uid).toBe(ZONE_UIDS.api);
    expect(host.lines.join("\n")).not.toContain("warning");
  });

  it.each(["custodian", "api", "console", "egress", "postgres"])("starts %s again after a SIGKILL, and says so", async (name) => {
    const host = await start();
    const before = await pids();
    process.kill(pidIn(before, name), "SIGKILL");
    await host.says(new RegExp(`^${name} ended \\(.*\\); starting it again`, "m"));
    await host.says(new RegExp(`^${name} is back$`, "m"));
    const after = await pids();
    expect(after[name]).not.toBe(before[name]);
    for (const other of Object.keys(before)) if (other !== name) expect(after[other]).toBe(before[other]);
  });

  it("gives up on what fails again and again: everything stops, with the reason and a failure", async () => {
    const host = await start({ limits: { failuresMax: 3, withinMs: 60_000, pauseMs: 20, pauseMsMax: 50 } });
    const before = await pids();
    writeFileSync(join(notes, "api.broken"), "");
    process.kill(pidIn(before, "api"), "SIGKILL");
    await host.says(/^gave up: api did not start: .*the 3th time in 60 s$/m);
    expect(await host.exit).toBe(1);
    for (const pid of Object.values(before)) expect(isAlive(pid)).toBe(false);
  });

  it("keeps of a crash its class and its places in the code, and never its message", async () => {
    const host = await start({ limits: { failuresMax: 2, withinMs: 60_000, pauseMs: 20, pauseMsMax: 50 } });
    writeFileSync(join(notes, "api.broken"), "");
    process.kill(pidIn(await pids(), "api"), "SIGKILL");
    await host.exit;
    const log = readFileSync(join(home, "logs", "api.log"), "utf8");
    expect(log).toContain("TypeError");
    expect(log).toContain("open.js:1:2");
    expect(log).not.toContain("01-701-1015");
  });

  it("refuses the start, with the process's own reason, when a process refuses", async () => {
    const host = await start({ broken: "refusing" });
    expect(host.lines.at(-1)).toMatch(/^refused: .*\[database\.newer\]$/);
    expect(await host.exit).toBe(1);
  });

  it("stops in order: the console, the api, the custodian, then the database", async () => {
    const host = await start();
    const before = await pids();
    host.process.kill("SIGTERM");
    expect(await host.exit).toBe(0);
    const stoppedMs = ["egress", "console", "api", "custodian"].map((name) => Number(readFileSync(join(notes, `${name}.stopped`), "utf8")));
    expect(stoppedMs).toEqual([...stoppedMs].sort((a, b) => a - b));
    expect(new Set(stoppedMs).size).toBe(4);
    for (const pid of Object.values(before)) expect(isAlive(pid)).toBe(false);
    expect(existsSync(join(home, "run", "host.lock"))).toBe(false);
  });

  it("leaves nothing behind when it is killed with SIGKILL, and starts again", async () => {
    const host = await start();
    const before = await pids();
    host.process.kill("SIGKILL");
    await host.exit;
    for (const pid of Object.values(before)) await expect.poll(() => isAlive(pid), { timeout: 15_000 }).toBe(false);
    const again = await start();
    expect(again.lines.at(-1)).toContain("ready");
  });

  it("refuses a second supervisor on the same folder, and the first goes on", async () => {
    const first = await start();
    const second = new Supervisor(home, notes, { api: await freePort(), console: await freePort() });
    expect(await second.exit).toBe(1);
    expect(second.lines.at(-1)).toMatch(/another Sallyport runs on this folder.*\[setting\.invalid\]/);
    expect((await hostStatus(home)).processes).toHaveLength(5);
    running = first;
  });

  it("revokes a profile for good: its key is gone, and a later start gives it none", async () => {
    const host = await start();
    await revokeWorkload(home, "engineer");
    expect(existsSync(join(home, "profiles", "engineer", "key.pem"))).toBe(false);
    expect((await hostStatus(home)).revoked).toEqual(["engineer"]);
    await expect(revokeWorkload(home, "nobody")).rejects.toMatchObject({ code: "input.not_found" });
    host.process.kill("SIGTERM");
    await host.exit;
    await start();
    expect(existsSync(join(home, "profiles", "engineer", "key.pem"))).toBe(false);
    expect(existsSync(join(home, "profiles", "reviewer", "key.pem"))).toBe(true);
  });

  it("starts beside a profile that only the custodian knows as revoked, and lets it go", async () => {
    const first = await start();
    await revokeWorkload(home, "engineer");
    first.process.kill("SIGTERM");
    await first.exit;
    rmSync(join(home, "revoked.json"));
    const host = await start();
    expect(host.lines.at(-1)).toContain("ready");
    expect(host.lines).toContain("profile engineer is revoked: it gets no certificate");
    const status = await hostStatus(home);
    expect(status.revoked).toEqual(["engineer"]);
    expect(status.certificates.map(({ name }) => name)).not.toContain("profile engineer");
    expect(existsSync(join(home, "profiles", "engineer", "key.pem"))).toBe(false);
  });

  it("refuses to make a new database for a home that was founded, and starts when the old one is put back", async () => {
    const first = await start();
    first.process.kill("SIGTERM");
    await first.exit;
    const data = join(home, "postgres", "data");
    const password = readFileSync(join(home, "postgres", "superuser.password"), "utf8");
    renameSync(data, `${data}.away`);
    const refused = await start();
    expect(refused.lines.at(-1)).toMatch(/^refused: .*the folder of its database is missing.*Put the folder back.*\[database\.unreachable\]$/);
    expect(await refused.exit).toBe(1);
    expect(existsSync(data)).toBe(false);
    expect(readFileSync(join(home, "postgres", "superuser.password"), "utf8")).toBe(password);
    renameSync(`${data}.away`, data);
    expect((await start()).lines.at(-1)).toContain("ready");
  });
});

it("no supervisor: the status says so", async () => {
  await expect(hostStatus(join(base, "nothing"))).rejects.toMatchObject({ code: "service.unavailable" });
});
