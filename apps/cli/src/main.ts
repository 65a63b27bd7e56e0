import type { Io } from "./command.ts";
import { run } from "./run.ts";
import { readSettings } from "./settings.ts";

const io: Io = {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  stdin: () => process.stdin,
};

// A reader that went away, as in `| head`, is not a failure of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});
process.exitCode = await run(process.argv.slice(2), readSettings(), io);
