import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createConnection } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { faultTest } from "@sallyport/testkit";
import { expect, onTestFinished } from "vitest";
import type { Command } from "./guarded-command.ts";

/** As it is built: it names the file beside it that is loaded into each process. */
const { guarded } = (await import(pathToFileURL(join(import.meta.dirname, "../dist/guarded-command.js")).href)) as { guarded: (program: Command) => Command };

/** Where Node.js opens its debugger unless it is told otherwise. */
const DEBUGGER_PORT = 9229;

const isListening = (port: number): Promise<boolean> =>
  new Promise((settle) => {
    const socket = createConnection({ port, host: "127.0.0.1" });
    socket.once("connect", () => settle(true)).once("error", () => settle(false));
    socket.once("connect", () => socket.destroy());
  });

/** A process that lets its core be written and its debugger be opened, as a shell starts one. */
const unguarded = ({ command, args }: Command): Command => ({ command: "/bin/sh", args: ["-c", 'exec "$0" "$@"', command, ...args] });

faultTest("E12", "a process of ours writes no core of its memory, and no signal opens a debugger on it", async (defence) => {
  const program = { command: process.execPath, args: ["-e", "setInterval(() => undefined, 1000); process.stdout.write('up')"] };
  const { command, args } = (defence === "on" ? guarded : unguarded)(program);
  // Whatever the tests run under: a core is allowed to begin with.
  const child = spawn("/bin/sh", ["-c", 'ulimit -S -c "$(ulimit -H -c)"; exec "$0" "$@"', command, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  let said = "";
  child.stderr.on("data", (text: Buffer) => (said += text.toString()));
  await once(child.stdout, "data");

  child.kill("SIGUSR1");
  // Time in which a debugger would have opened; a process that is one signal on has had it.
  await new Promise((settle) => setTimeout(settle, 500));
  expect(child.exitCode ?? child.signalCode).toBeNull();
  expect(said).not.toContain("Debugger listening");
  expect(said !== "" && (await isListening(DEBUGGER_PORT))).toBe(false);
  expect(readFileSync(`/proc/${child.pid ?? 0}/limits`, "latin1")).toMatch(/^Max core file size +0 +0 /m);
});
