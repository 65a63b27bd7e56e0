import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build, isBuilt } from "./build.mjs";
import { install, isInstalled } from "./install.mjs";
import { withLock } from "./lock.mjs";
import { hold, leaveWithParent, runStep } from "./processes.mjs";
import { Progress } from "./progress.mjs";
import { root } from "./root.mjs";
import { runTests } from "./test.mjs";

const USAGE = `usage: npm start · npm test · npm run test:long · npm run bench [-- NAME] · npm run check · npm run -s sallyport -- COMMAND\n`;

/** Installs and builds what is not current, then runs one of the targets and ends with its exit code. */
export async function run(command, args) {
  switch (command) {
    case "start":
      await prepare(new Progress(process.stdout));
      return hold(process.execPath, [join(root, "apps/host/dist/main.js"), ...args]);
    case "cli":
      await prepare(new Progress(process.stderr));
      return inProcess(join(root, "apps/cli/dist/main.js"), args);
    case "test":
      await prepare(new Progress(process.stdout));
      process.exit(await runTests(args));
      break;
    case "bench":
      await prepare(new Progress(process.stderr));
      return inProcess(join(root, "bench/dist/main.js"), args);
    case "check":
      await prepare(new Progress(process.stderr));
      process.exit(await runStep(process.execPath, [join(root, "tooling/checks/run.mjs"), ...args], { quiet: false }).then(({ code }) => code));
      break;
    default:
      process.stderr.write(USAGE);
      process.exit(2);
  }
}

async function prepare(progress) {
  if (isInstalled() && isBuilt()) return;
  const failure = await withLock(progress, async () => {
    if (!isInstalled()) {
      const code = await install(progress);
      if (code !== 0) return code;
    }
    return isBuilt() ? 0 : build(progress);
  });
  if (failure !== 0) process.exit(failure);
}

/** Runs a program in this very process: nothing to forward, and no second start of Node. */
async function inProcess(path, args) {
  if (!existsSync(path)) {
    process.stderr.write(`There is no ${path.slice(root.length + 1)} in this tree.\n`);
    process.exit(1);
  }
  leaveWithParent(() => process.exit(129));
  process.argv = [process.argv[0], path, ...args];
  await import(pathToFileURL(path).href);
}
