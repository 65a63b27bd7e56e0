import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { plainJson } from "@sallyport/errors";
import { type Command, optionText } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { UsageError } from "../usage-error.ts";

/** `sallyport setup`: the first registration of a deployment that was started empty. */
export const setup: Command = {
  usage: "setup --plan FILE",
  help: "Registers the studies, sites and local profiles of a plan file on this host, with everything stopped. docs/setup-plan.example.json is one.",
  options: { plan: { type: "string" } },
  takes: [0, 0],
  run: async (invocation) => {
    const plan = optionText(invocation, "plan");
    if (plan === undefined) throw new UsageError(`usage: sallyport ${setup.usage}`);
    const { settings, io, isJson } = invocation;
    const file = resolve(settings.workingDir, plan);
    if (!existsSync(file)) throw new UsageError(`${file} can't be read`);
    const code = await runHost(settings.repoRoot, file, isJson ? io.err : io.out, io.err);
    if (code === EXIT.done && isJson) io.out(`${plainJson({ registered: file })}\n`);
    return code;
  },
};

/** The supervisor's own program does it: it starts the database and the custodian for the registration, and stops them. */
function runHost(workingDir: string, plan: string, out: (text: string) => void, err: (text: string) => void): Promise<ExitCode> {
  const program = fileURLToPath(new URL("main.js", import.meta.resolve("@sallyport/app-host")));
  return new Promise((settle, fail) => {
    const host = spawn(process.execPath, [program, "setup", plan], { cwd: workingDir, stdio: ["ignore", "pipe", "pipe"] });
    host.stdout.setEncoding("utf8").on("data", out);
    host.stderr.setEncoding("utf8").on("data", err);
    host.on("error", fail).on("close", (code) => settle(code === 0 ? EXIT.done : code === 2 ? EXIT.usage : EXIT.failed));
  });
}
