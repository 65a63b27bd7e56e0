import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import type { Writable } from "node:stream";
import { SallyportError } from "@sallyport/errors";
import { readPidFile, WATCHDOG } from "./left-over.ts";
import { BARE_ENV, type Runner } from "./runner.ts";

/** How a server ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A running server and its watchdog. */
export interface Postmaster {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  /** Asks for a fast shutdown, which rolls open transactions back; after 10 s an immediate one. */
  stop(): Promise<void>;
  kill(signal: NodeJS.Signals): void;
}

/**
 * The shell that holds the server: it says the server's pid, and when the pipe at descriptor 3 closes (because we
 * asked, or because we were killed) it shuts the server down. So no server outlives its owner.
 */
const HOLD = `"$@" </dev/null 3<&- & P=$!; echo "pid $P"; (read -r _; kill -INT $P) <&3 >/dev/null 2>&1 & W=$!; exec 3<&-; wait $P; R=$?; kill $W 2>/dev/null; exit $R`;

const STOP_MS = 10_000;

/**
 * Starts the server and returns once it takes connections.
 * @throws SallyportError `port.taken`, or `database.unreachable` with the server's last line.
 */
export async function startPostmaster(command: readonly string[], data: string, port: number, runner: Runner, log: (line: string) => void): Promise<Postmaster> {
  const child = spawn("/bin/sh", ["-c", HOLD, WATCHDOG, ...runner.prefix, ...command], {
    ...runner.ids,
    env: BARE_ENV,
    cwd: "/",
    detached: true,
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  const lifeline = child.stdio[3] as Writable;
  lifeline.on("error", () => undefined);
  let ended = false;
  const exited = new Promise<Exit>((settle) => {
    const end = (code: number | null, signal: NodeJS.Signals | null): void => {
      ended = true;
      lifeline.end();
      settle({ code, signal });
    };
    child.on("exit", end).on("error", () => end(null, null));
  });
  let pid = 0;
  let last = "";
  const said = (line: string): void => {
    if (pid === 0 && line.startsWith("pid ")) {
      pid = Number(line.slice(4));
      return;
    }
    last = line;
    log(line);
  };
  eachLine(child, "stdout", said);
  eachLine(child, "stderr", said);
  const isReady = (): boolean => {
    const lines = readPidFile(data);
    return pid !== 0 && Number(lines[0]) === pid && lines[7]?.trim() === "ready";
  };
  while (!isReady()) {
    if (ended) {
      if (last.includes("could not create any TCP/IP sockets") || last.includes("Address already in use")) throw new SallyportError("port.taken", { port });
      throw new SallyportError("database.unreachable", { step: "start", reason: last });
    }
    await sleep(10);
  }
  const kill = (signal: NodeJS.Signals): void => {
    if (!ended) process.kill(pid, signal);
  };
  const stop = async (): Promise<void> => {
    lifeline.end();
    const late = setTimeout(() => kill("SIGQUIT"), STOP_MS);
    await exited;
    clearTimeout(late);
  };
  return { pid, exited, stop, kill };
}

function eachLine(child: ChildProcess, stream: "stdout" | "stderr", take: (line: string) => void): void {
  let rest = "";
  child[stream]?.setEncoding("utf8").on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line !== "") take(line);
  });
}
