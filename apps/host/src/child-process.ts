import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { isErrorCode, SallyportError } from "@sallyport/errors";
import { type Command, guarded } from "./guarded-command.ts";
import type { Running } from "./keeper.ts";
import type { Owner } from "./process-owners.ts";
import type { ProcessLog } from "./process-log.ts";

/** How one of our processes is started. */
export interface ProcessCommand extends Command {
  readonly cwd: string;
}

/** A message over the channel between the supervisor and a process. */
export type ChannelMessage = Readonly<Record<string, unknown>> & { readonly type: string };

/** A process of ours that said that it is ready. */
export interface ReadyProcess extends Running {
  /** What it said first of how it stands: `ready`, or `standby` of a custodian that waits. */
  readonly hello: Readonly<Record<string, unknown>>;
  send(message: ChannelMessage): void;
  /** The first listener hears what was said before it, too. */
  onMessage(listener: (message: ChannelMessage) => void): void;
}

/** What a process needs at its start. */
export interface ProcessStart {
  readonly name: string;
  readonly command: ProcessCommand;
  /** The whole of its environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly owner?: Owner | undefined;
  readonly log: ProcessLog;
  /** Ends it while it isn't ready yet. */
  readonly signal?: AbortSignal;
  readonly readyMs?: number;
  readonly graceMs?: number;
}

const READY_MS = 60_000;
const GRACE_MS = 10_000;

/**
 * Starts a process in a process group of its own (a Ctrl-C reaches only the supervisor, which stops all in order) and
 * returns when it has said `ready` over its channel, or that it waits as a standby.
 * @throws SallyportError the code that the process named in a `failed` message; `service.unavailable` where it ended without one, or said nothing in time.
 */
export async function startProcess(start: ProcessStart): Promise<ReadyProcess> {
  const { command, args } = guarded(start.command);
  const child = spawn(command, args, { cwd: start.command.cwd, env: { ...start.env }, ...start.owner, detached: true, stdio: ["ignore", "pipe", "pipe", "ipc"] });
  const listeners: ((message: ChannelMessage) => void)[] = [];
  const ended = new Promise<string>((settle) => {
    child.once("error", (error: NodeJS.ErrnoException) => settle(error.code ?? "not started"));
    child.once("exit", (code, signal) => settle(signal ?? `exit ${String(code)}`));
  });
  child.on("error", () => undefined);
  for (const stream of [child.stdout, child.stderr]) if (stream !== null) createInterface({ input: stream }).on("line", (line) => start.log.line(line));
  start.log.event("process.started", { process: start.name, pid: child.pid ?? 0 });
  void ended.then((exit) => start.log.event("process.ended", { process: start.name, exit }));

  let hello: ChannelMessage | null = null;
  const early: ChannelMessage[] = [];
  const kill = (): void => void child.kill("SIGKILL");
  const cancel = (): void => void child.kill("SIGTERM");
  start.signal?.addEventListener("abort", cancel);
  await new Promise<void>((settle, fail) => {
    const refuse = (error: SallyportError): void => {
      clearTimeout(late);
      fail(error);
    };
    const late = setTimeout(() => {
      kill();
      refuse(new SallyportError("service.unavailable", { process: start.name, reason: "it did not become ready in time" }));
    }, start.readyMs ?? READY_MS);
    child.on("message", (message: ChannelMessage) => {
      if (message.type === "failed" && message["id"] === undefined) refuse(failureOf(start.name, message));
      if ((message.type === "ready" || message.type === "standby") && hello === null) {
        hello = message;
        clearTimeout(late);
        settle();
      }
      if (listeners.length === 0) early.push(message);
      for (const listener of listeners) listener(message);
    });
    void ended.then((how) => refuse(new SallyportError("service.unavailable", { process: start.name, reason: `it ended (${how}); see its log`, file: start.log.path })));
  }).finally(() => start.signal?.removeEventListener("abort", cancel));
  return {
    pid: child.pid ?? 0,
    ended,
    hello: hello ?? {},
    stop: () => stop(child, ended, start.graceMs ?? GRACE_MS),
    kill,
    send: (message) => {
      if (child.connected) child.send(message, () => undefined);
    },
    onMessage(listener) {
      listeners.push(listener);
      for (const message of early.splice(0)) listener(message);
    },
  };
}

function failureOf(process: string, message: ChannelMessage): SallyportError {
  const code = message["code"];
  const context = typeof message["context"] === "object" && message["context"] !== null ? (message["context"] as Record<string, string | number>) : {};
  return new SallyportError(isErrorCode(code) ? code : "internal", { process, ...context });
}

async function stop(child: ChildProcess, ended: Promise<string>, graceMs: number): Promise<void> {
  child.kill("SIGTERM");
  const late = setTimeout(() => child.kill("SIGKILL"), graceMs);
  await ended;
  clearTimeout(late);
}
