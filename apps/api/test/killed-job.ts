import { spawn } from "node:child_process";
import { once } from "node:events";
import { processId } from "@sallyport/zones";
import { type FaultProxy, through } from "./fault-proxy.ts";
import type { Deployment } from "./stack.ts";

/** A job in a process of its own. Its program writes `second` in its second batch, and `now` where it stands still to be killed. */
export interface KilledJob {
  readonly at: Deployment;
  /** Before its database: it also ends between an update and its commit, or between the commit and the answer. */
  readonly proxy: FaultProxy;
  readonly program: string;
  readonly point: string;
  /** What the program is told beside its point, its identity and where the custodian is. */
  readonly told?: Readonly<Record<string, string>>;
}

const dist = (path: string): string => new URL(`../../../${path}/dist`, import.meta.url).href;

/** Runs it up to its point, and kills it there. */
export async function killedAt({ at, proxy, program, point, told = {} }: KilledJob): Promise<void> {
  let isSecond = false;
  const isAtCommit = point === "between its update and its commit" || point === "between its commit and its answer";
  const held = isAtCommit
    ? proxy.hold(point === "between its update and its commit" ? "to server" : "to client", (chunk) => isSecond && chunk.includes("COMMIT"))
    : new Promise<void>(() => undefined);
  const env = {
    PATH: process.env["PATH"],
    API: dist("apps/api"),
    DB: dist("packages/db"),
    CUSTODY: dist("packages/custody"),
    AUDIT: dist("packages/audit"),
    URL: through(at.apiUrl, proxy),
    OWNER: at.ownerUrl,
    JOB: JSON.stringify({ identity: at.apiIdentity, custodianSpiffe: processId(at.trustDomain, "custodian"), port: at.custodianPort, point, ...told }),
  };
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], { env, stdio: ["ignore", "pipe", "inherit"] });
  const halted = new Promise<void>((resolve) => {
    child.stdout.on("data", (said: Buffer) => {
      isSecond ||= said.includes("second");
      if (said.includes("now")) resolve();
    });
  });
  await Promise.race([halted, held, once(child, "exit").then(([code]) => Promise.reject(new Error(`ended early: ${String(code)}`)))]);
  child.kill("SIGKILL");
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
}
