import { type ChildProcess, spawn } from "node:child_process";
import { resolve } from "node:path";
import { until } from "./until.ts";

/** The repository's root. */
export const ROOT = resolve(import.meta.dirname, "../../..");

/** How a program ended, and all that it said. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProgramOptions {
  readonly cwd?: string;
  /** The whole of the environment beside PATH. */
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  /** Whether it gets a process group of its own. */
  readonly isGroup?: boolean;
  /** Whether it learns by a channel when this process ends, however it ends. */
  readonly hasChannel?: boolean;
}

/** A program that was started, with everything that it says. */
export class Program {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  #stdout = "";
  #stderr = "";

  constructor(command: string, args: readonly string[], { cwd = ROOT, env = {}, stdin, isGroup = false, hasChannel = false }: ProgramOptions = {}) {
    this.child = spawn(command, [...args], {
      cwd,
      env: { PATH: process.env["PATH"] ?? "", ...env },
      detached: isGroup,
      stdio: [stdin === undefined ? "ignore" : "pipe", "pipe", "pipe", ...(hasChannel ? (["ipc"] as const) : [])],
    });
    this.child.stdin?.on("error", () => undefined).end(stdin);
    this.child.stdout?.setEncoding("utf8").on("data", (text: string) => (this.#stdout += text));
    this.child.stderr?.setEncoding("utf8").on("data", (text: string) => (this.#stderr += text));
    this.ended = new Promise((settle) => {
      const end = (code: number | null): void => settle({ code, stdout: this.#stdout, stderr: this.#stderr });
      this.child.once("error", () => end(127)).once("close", end);
    });
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** Waits until its standard output matches, from the given length of it on; throws with what it said if it ends before, or says nothing of the kind in time. */
  async says(pattern: RegExp, deadlineMs: number, from = 0): Promise<RegExpExecArray> {
    return await until(
      () => {
        const found = pattern.exec(this.#stdout.slice(from));
        if (found === null && this.hasEnded) throw new Error(`it ended (${this.child.exitCode ?? this.child.signalCode}): ${this.#stdout}${this.#stderr}`);
        return found;
      },
      deadlineMs,
      () => `it did not say ${String(pattern)} in time: ${this.#stdout}${this.#stderr}`,
    );
  }
}

/** Runs a program to its end. */
export const run = async (command: string, args: readonly string[], options: ProgramOptions = {}): Promise<Ended> => await new Program(command, args, options).ended;
