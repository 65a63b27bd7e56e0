import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { isErrorCode, SallyportError } from "@sallyport/errors";
import type { ChannelMessage, ProcessStart } from "./child-process.ts";
import { guarded } from "./guarded-command.ts";

/**
 * Runs one of our programs to its end, with `input` on its standard input.
 * @throws SallyportError the code that it named in a `failed` message, or `internal` where it ended otherwise than with 0.
 */
export async function runOnce(start: ProcessStart, input: string, signal: AbortSignal): Promise<void> {
  const { command, args } = guarded(start.command);
  const child = spawn(command, args, { cwd: start.command.cwd, env: { ...start.env }, ...start.owner, detached: true, stdio: ["pipe", "pipe", "pipe", "ipc"] });
  const kill = (): void => void child.kill("SIGTERM");
  signal.addEventListener("abort", kill);
  for (const stream of [child.stdout, child.stderr]) if (stream !== null) createInterface({ input: stream }).on("line", (line) => start.log.line(line));
  let failure: SallyportError | null = null;
  child.on("message", (message: ChannelMessage) => {
    const code = message["code"];
    const context = message["context"];
    if (message.type === "failed")
      failure = new SallyportError(isErrorCode(code) ? code : "internal", {
        process: start.name,
        ...(typeof context === "object" && context !== null ? (context as Record<string, string>) : {}),
      });
  });
  child.stdin?.on("error", () => undefined).end(input);
  const code = await new Promise<number | null>((settle, fail) => child.once("error", fail).once("close", settle));
  signal.removeEventListener("abort", kill);
  if (failure !== null) throw failure;
  if (code !== 0) throw new SallyportError("internal", { process: start.name, reason: `it ended with ${String(code)}; see its log`, file: start.log.path });
}
