import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type HostStatus, hostStatus } from "@sallyport/app-host";
import { connect, type Connection } from "@sallyport/client";
import { freePort } from "@sallyport/embedded-postgres";
import postgres from "postgres";
import { leftAfter } from "./processes.ts";
import { type Ended, Program, ROOT } from "./program.ts";
import { until } from "./until.ts";

const READY_MS = 180_000;
const STOP_MS = 60_000;

export type ProcessName = "postgres" | "custodian" | "custodian-b" | "api" | "console" | "egress";

/** One deployment in a temporary folder, and the supervisor that runs it. */
export class Product {
  readonly folder: string;
  readonly home: string;
  readonly apiPort: number;
  readonly consolePort: number;
  #host: Program | null = null;

  private constructor(folder: string, apiPort: number, consolePort: number) {
    this.folder = folder;
    this.home = join(folder, "home");
    this.apiPort = apiPort;
    this.consolePort = consolePort;
  }

  /** A folder and free ports; nothing runs yet. */
  static async prepare(): Promise<Product> {
    const folder = mkdtempSync(join(tmpdir(), "sallyport-e2e-"));
    // PostgreSQL runs as another user where this is root, and has to get through.
    chmodSync(folder, 0o711);
    return new Product(folder, await freePort(), await freePort());
  }

  /** A deployment that has said that it is ready. */
  static async start(): Promise<Product> {
    const product = await Product.prepare();
    await product.start();
    return product;
  }

  /** The whole environment that the product gets beside PATH. */
  get env(): Readonly<Record<string, string>> {
    return { SALLYPORT_HOME: this.home, SALLYPORT_API_PORT: String(this.apiPort), SALLYPORT_CONSOLE_PORT: String(this.consolePort) };
  }

  get console(): string {
    return `http://localhost:${this.consolePort}`;
  }

  get host(): Program {
    if (this.#host === null) throw new Error("nothing runs");
    return this.#host;
  }

  async start(env: Readonly<Record<string, string>> = {}): Promise<void> {
    this.#host = new Program(process.execPath, [join(ROOT, "apps/host/dist/main.js")], { env: { ...this.env, ...env }, isGroup: true, hasChannel: true });
    await this.#host.says(/^ready (http:\/\/localhost:\d+)$/m, READY_MS);
  }

  /** Stops it in order; nothing of it runs afterwards. */
  async stop(): Promise<Ended | null> {
    const host = this.#host;
    if (host === null) return null;
    this.#host = null;
    host.child.kill("SIGTERM");
    const late = setTimeout(() => host.child.kill("SIGKILL"), STOP_MS);
    const ended = await host.ended;
    clearTimeout(late);
    await leftAfter(this.home, STOP_MS);
    return ended;
  }

  /** Stops it and removes its folder. */
  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  async status(): Promise<HostStatus> {
    return await hostStatus(this.home);
  }

  async pidOf(name: ProcessName): Promise<number> {
    return await until(
      async () => (await this.status()).processes.find((process) => process.name === name && process.state === "running")?.pid ?? null,
      READY_MS,
      () => `${name} does not run`,
    );
  }

  /** Ends a process as a fault would, and returns when the supervisor has said that it is back. */
  async crash(name: ProcessName): Promise<void> {
    const from = this.host.stdout.length;
    process.kill(await this.pidOf(name), "SIGKILL");
    await this.host.says(new RegExp(`^${name} is back$`, "m"), READY_MS, from);
  }

  /** Runs the command line on this deployment. */
  async cli(args: readonly string[], options: { readonly stdin?: string; readonly env?: Readonly<Record<string, string>> } = {}): Promise<Ended> {
    return await this.begin(args, options).ended;
  }

  /** Begins a command that waits for somebody. */
  begin(args: readonly string[], options: { readonly stdin?: string; readonly env?: Readonly<Record<string, string>> } = {}): Program {
    const { env = { SALLYPORT_HOME: this.home }, stdin } = options;
    return new Program(process.execPath, [join(ROOT, "apps/cli/dist/main.js"), ...args], {
      cwd: ROOT,
      env: { INIT_CWD: this.folder, ...env },
      ...(stdin !== undefined && { stdin }),
    });
  }

  /** Runs the command line with `--json` and answers what it printed; throws where it did not end with 0. */
  async json<T>(args: readonly string[], options: { readonly stdin?: string } = {}): Promise<T> {
    const { code, stdout, stderr } = await this.cli([...args, "--json"], options);
    if (code !== 0) throw new Error(`sallyport ${args.join(" ").slice(0, 120)} ended with ${String(code)}: ${stderr}`);
    return JSON.parse(stdout) as T;
  }

  /** Works in the embedded database as its superuser. */
  async withOwner<T>(work: (owner: postgres.Sql) => Promise<T>): Promise<T> {
    const read = (name: string): string => readFileSync(join(this.home, "postgres", name), "utf8").trim();
    const owner = postgres({
      host: "127.0.0.1",
      port: Number(read("port")),
      database: "postgres",
      username: "postgres",
      password: read("superuser.password"),
      max: 1,
      onnotice: () => undefined,
    });
    try {
      return await work(owner);
    } finally {
      await owner.end();
    }
  }

  profile(name: string): string {
    return join(this.home, "profiles", name);
  }

  connect(name: string): Connection {
    return connect({ profile: this.profile(name) });
  }
}
