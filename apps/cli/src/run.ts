import { plainJson } from "@sallyport/errors";
import { commandTable } from "./command-table.ts";
import type { Command, Io } from "./command.ts";
import { EXIT, type ExitCode, exitCodeOf } from "./exit-code.ts";
import { failureDocument, failureLines } from "./failure-text.ts";
import { type Asked, findCommand, loadCommand, parseFor } from "./parse.ts";
import type { Settings } from "./settings.ts";

const VERSION = "0.1.0";

/** Runs one command line and answers the exit code. Never throws. */
export async function run(args: readonly string[], settings: Settings, io: Io): Promise<ExitCode> {
  const asked = findCommand(args);
  try {
    return await dispatch(asked, settings, io);
  } catch (error) {
    io.err(
      asked.isJson
        ? `${plainJson(failureDocument(error))}\n`
        : failureLines(error)
            .map((line) => `${line}\n`)
            .join(""),
    );
    return exitCodeOf(error);
  }
}

async function dispatch(asked: Asked, settings: Settings, io: Io): Promise<ExitCode> {
  const { command: name, rest, isHelp, isJson } = asked;
  if (asked.isVersion || name === "version") {
    io.out(`${isJson ? plainJson({ version: VERSION }) : VERSION}\n`);
    return EXIT.done;
  }
  if (name === null || name === "help") {
    const topic = name === "help" ? rest.find((word) => !word.startsWith("-")) : undefined;
    io.out(topic === undefined ? overview() : helpOf(await loadCommand(topic)));
    return name === null && !isHelp ? EXIT.usage : EXIT.done;
  }
  const command = await loadCommand(name);
  if (isHelp) {
    io.out(helpOf(command));
    return EXIT.done;
  }
  return await command.run({ ...parseFor(command, rest), isJson, io, settings });
}

const helpOf = (command: Command): string => `usage: sallyport ${command.usage}\n\n${command.help}\n`;

function overview(): string {
  const names = Object.keys(commandTable);
  const width = Math.max(...names.map((name) => name.length));
  return [
    "usage: sallyport [--as PROFILE] [--json] COMMAND …",
    "",
    ...names.map((name) => `  ${name.padEnd(width)}  ${commandTable[name]?.summary ?? ""}`),
    "",
    "  --as PROFILE  call as a local profile (SALLYPORT_HOME/profiles/PROFILE), or as yourself: --as me, after sallyport login",
    "  --json        one JSON document on standard output; failures as JSON on standard error",
    "",
    "sallyport COMMAND --help says more. Exit codes: 0 done, 1 broken or failed, 2 usage or nothing to read, 3 denied, 4 unavailable, 5 kept for later and not done.",
    "",
  ].join("\n");
}
