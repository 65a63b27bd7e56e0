import { chmodSync, mkdirSync, rmSync, statSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { dirname } from "node:path";
import { codeOf, isErrorCode, SallyportError } from "@sallyport/errors";
import type { CustodianStanding } from "./custodians.ts";
import { type Home, homePaths } from "./home.ts";
import type { Keeper, Running } from "./keeper.ts";

/** One process, as `sallyport status` shows it. */
export interface ProcessStatus {
  readonly name: string;
  readonly pid: number | null;
  readonly state: string;
  /** Milliseconds in this state. */
  readonly sinceMs: number;
  /** Of two custodians, which serves and which waits; null for any other process. */
  readonly standing: CustodianStanding | null;
}

/** How what is kept stands, now. */
export const processStatus = ({ name, current, state, sinceMs }: Keeper<Running>, standing: CustodianStanding | null): ProcessStatus => ({
  name,
  pid: current?.pid ?? null,
  state,
  sinceMs: Math.round(sinceMs),
  standing,
});

/** One kept certificate. */
export interface CertificateStatus {
  readonly name: string;
  readonly workload: string;
  /** ISO 8601, or null where there is none yet. */
  readonly notAfter: string | null;
}

/** How the processes' passwords of the database stand. */
interface PasswordStatus {
  /** How often there were new ones. */
  readonly generation: number;
  /** ISO 8601. */
  readonly since: string;
  readonly isOverdue: boolean;
  /** While the ones before are accepted too: the programs that are logged in by them. Otherwise null. */
  readonly holders: readonly string[] | null;
}

/** The supervisor's view of one deployment. */
export interface HostStatus {
  readonly console: string;
  readonly api: string;
  readonly trustDomain: string;
  readonly processes: readonly ProcessStatus[];
  readonly certificates: readonly CertificateStatus[];
  /** Profiles that were revoked. */
  readonly revoked: readonly string[];
  /** Null until the database is ready. */
  readonly passwords: PasswordStatus | null;
}

/** What the socket does for whoever may open it: the operator alone. */
export interface HostCommands {
  status(): HostStatus;
  revoke(workload: string): Promise<void>;
  /** A line for each founding link that is still open. */
  founding(): Promise<readonly string[]>;
  /** Puts new passwords of the database in use; answers the generation. */
  rotatePasswords(): Promise<number>;
}

const LINE_MAX = 4096;
const ANSWER_MS = 15_000;

/** Listens on the home's socket (0600) for one JSON line a connection. */
export async function serveControl(home: Home, commands: HostCommands): Promise<Server> {
  mkdirSync(dirname(home.socket), { recursive: true, mode: 0o700 });
  const folder = statSync(dirname(home.socket));
  if ((folder.mode & 0o077) !== 0 || (process.geteuid !== undefined && folder.uid !== process.geteuid()))
    throw new SallyportError("secret.exposed", { setting: "SALLYPORT_HOME", file: dirname(home.socket) });
  rmSync(home.socket, { force: true });
  const server = createServer((socket) => {
    let line = "";
    socket.setEncoding("utf8").on("error", () => undefined);
    socket.on("data", (text) => {
      line += String(text);
      if (line.length > LINE_MAX) socket.destroy();
      if (line.length > LINE_MAX || !line.includes("\n")) return;
      socket.removeAllListeners("data");
      void answer(line, commands).then((reply) => socket.end(`${JSON.stringify(reply)}\n`));
    });
  });
  await new Promise<void>((settle, fail) => server.once("error", fail).listen(home.socket, settle));
  chmodSync(home.socket, 0o600);
  return server;
}

async function answer(line: string, commands: HostCommands): Promise<unknown> {
  try {
    const request = JSON.parse(line) as { cmd?: unknown; workload?: unknown };
    if (request.cmd === "status") return { ok: true, status: commands.status() };
    if (request.cmd === "revoke" && typeof request.workload === "string") return await commands.revoke(request.workload).then(() => ({ ok: true }));
    if (request.cmd === "founding") return { ok: true, lines: await commands.founding() };
    if (request.cmd === "rotate-passwords") return { ok: true, generation: await commands.rotatePasswords() };
    return { ok: false, code: "input.invalid" };
  } catch (error) {
    return { ok: false, code: error instanceof SyntaxError ? "input.invalid" : codeOf(error) };
  }
}

/**
 * What runs on a home, from its supervisor.
 * @throws SallyportError `service.unavailable` where none runs.
 */
export async function hostStatus(home: string): Promise<HostStatus> {
  const { status } = (await ask(homePaths(home), { cmd: "status" })) as { status: HostStatus };
  return status;
}

/**
 * Revokes a local profile's workload: its certificates stop being accepted, and it gets no other.
 * @throws SallyportError `input.not_found` for a name that is no profile; `service.unavailable` where no supervisor runs.
 */
export async function revokeWorkload(home: string, name: string): Promise<void> {
  await ask(homePaths(home), { cmd: "revoke", workload: name });
}

/**
 * A line for each founding link that is still open, for the operator alone: whoever has one becomes an administrator.
 * @throws SallyportError `service.unavailable` where no supervisor runs.
 */
export async function foundingLines(home: string): Promise<readonly string[]> {
  const { lines } = (await ask(homePaths(home), { cmd: "founding" })) as { lines: readonly string[] };
  return lines;
}

/**
 * Puts new passwords of the database in use, and answers which generation that is; those before end once no process is logged in by them.
 * @throws SallyportError `keys.early` while the ones before still overlap; `database.unreachable`; `service.unavailable` where no supervisor runs.
 */
export async function rotatePasswords(home: string): Promise<number> {
  const { generation } = (await ask(homePaths(home), { cmd: "rotate-passwords" })) as { generation: number };
  return generation;
}

function ask(home: Home, request: unknown): Promise<object> {
  return new Promise((settle, fail) => {
    const away = (): void =>
      fail(new SallyportError("service.unavailable", { reason: "Sallyport does not run on this folder", file: home.root, remedy: "start it with npm start" }));
    let text = "";
    const socket = connect(home.socket);
    const late = setTimeout(() => socket.destroy(new Error("no answer")), ANSWER_MS);
    socket.setEncoding("utf8").on("data", (part) => (text += String(part)));
    socket.on("error", away).on("connect", () => socket.write(`${JSON.stringify(request)}\n`));
    socket.on("close", () => {
      clearTimeout(late);
      try {
        const reply = JSON.parse(text) as { ok: boolean; code?: string };
        if (reply.ok) settle(reply);
        else fail(new SallyportError(isErrorCode(reply.code) ? reply.code : "internal"));
      } catch {
        away();
      }
    });
  });
}
