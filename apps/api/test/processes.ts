import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const APPS = new URL("../../", import.meta.url);

/** One of our processes as its supervisor starts it, over an IPC channel. */
export class ChildApp {
  readonly #child: ChildProcess;
  readonly exited: Promise<number | string>;
  stderr = "";

  /** @param env - The whole of its environment. */
  constructor(app: "api" | "custodian", env: Readonly<Record<string, string>>) {
    this.#child = spawn(process.execPath, [fileURLToPath(new URL(`${app}/dist/main.js`, APPS))], { env: { ...env }, stdio: ["ignore", "ignore", "pipe", "ipc"] });
    this.#child.stderr?.setEncoding("utf8").on("data", (part: string) => (this.stderr += part));
    this.exited = once(this.#child, "close").then(([code, signal]) => (signal as string | null) ?? (code as number));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Resolves with what it said when it was ready; rejects where it ended before. */
  ready(): Promise<Readonly<Record<string, unknown>>> {
    return new Promise((resolve, reject) => {
      this.#child.on("message", (message: Readonly<Record<string, unknown>>) => {
        if (message["type"] === "ready") resolve(message);
      });
      void this.exited.then((how) => reject(new Error(`ended (${how}): ${this.stderr}`)));
    });
  }

  /** Ends it, and answers how it ended. */
  end(signal: NodeJS.Signals): Promise<number | string> {
    this.#child.kill(signal);
    return this.exited;
  }
}
