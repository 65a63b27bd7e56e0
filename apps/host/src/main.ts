import { assertSafe, migrate, passwordStore } from "@sallyport/db";
import { bringDemoSubjects } from "./demo-subjects.ts";
import { foundingLines } from "./control-socket.ts";
import { failureText } from "./failure-text.ts";
import { Host } from "./host.ts";
import { builtPrograms } from "./programs.ts";
import { readHome, settingsWithKv } from "./settings.ts";
import { readOperatorPlan } from "./setup-plan.ts";

/** A terminal's Ctrl-C can arrive more than once; only one that comes later is a second one. */
const SECOND_SIGNAL_MS = 500;

async function main(args: readonly string[]): Promise<number> {
  const [command, argument, ...rest] = args;
  const isZone = command === "zone" && argument === "custodian";
  if (command === "founding" && argument === undefined) return showFounding();
  if (rest.length > 0 || (command !== undefined && !isZone && (command !== "setup" || argument === undefined))) {
    process.stderr.write("usage: main.js | main.js setup PLAN-FILE | main.js zone custodian | main.js founding\n");
    return 2;
  }
  const report = (line: string): void => void process.stdout.write(`${line}\n`);
  const settings = await settingsWithKv();
  const plan = command === "setup" && argument !== undefined ? readOperatorPlan(argument) : null;
  const host = new Host({
    settings,
    programs: builtPrograms(),
    database: { assertSafe, migrate, passwords: passwordStore },
    bringSubjects: bringDemoSubjects,
    now: Date.now,
    report,
  });
  const asked = whenAsked(
    () => {
      report("stopping");
      void host.stop();
    },
    () => host.hurry(),
  );
  try {
    if (plan !== null) {
      await host.setup(plan);
      report("registered");
      return 0;
    }
    await (isZone ? host.startCustodian() : host.start());
    const reason = await Promise.race([asked, host.failed]);
    if (reason === null) return 0;
    process.stderr.write(`${reason}; stopping everything\n`);
    return 1;
  } catch (error) {
    if (isAsked) return 0;
    process.stderr.write(`${failureText(error)}\n`);
    return 1;
  } finally {
    await host.stop();
  }
}

/** The founding links that are still open, on the terminal of who may ask the supervisor that runs on this home. */
async function showFounding(): Promise<number> {
  const lines = await foundingLines(readHome());
  process.stdout.write(`${lines.length === 0 ? "both founding administrators have enrolled" : lines.join("\n")}\n`);
  return 0;
}

let isAsked = false;

/** Settles with null at the first signal, or when the process that started this one is gone and had a channel to it. */
function whenAsked(first: () => void, second: () => void): Promise<null> {
  return new Promise((settle) => {
    let firstMs = 0;
    const take = (): void => {
      if (!isAsked) {
        isAsked = true;
        firstMs = performance.now();
        first();
        settle(null);
      } else if (performance.now() - firstMs > SECOND_SIGNAL_MS) second();
    };
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, take);
    if (process.connected) {
      process.once("disconnect", take);
      process.channel?.unref();
    }
  });
}

process.stdout.on("error", () => undefined);
process.stderr.on("error", () => undefined);
process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${failureText(error)}\n`);
  return 1;
});
process.exit();
