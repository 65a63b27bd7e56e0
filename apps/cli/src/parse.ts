import { parseArgs, type ParseArgsConfig } from "node:util";
import type { Command } from "./command.ts";
import { commandTable } from "./command-table.ts";
import { UsageError } from "./usage-error.ts";

const GLOBAL = {
  as: { type: "string" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
  version: { type: "boolean" },
} as const satisfies ParseArgsConfig["options"];

/** What was asked for, before the command's own options are known. */
export interface Asked {
  /** Null where nothing but options was typed. */
  readonly command: string | null;
  /** The arguments without the command's name. */
  readonly rest: readonly string[];
  readonly isHelp: boolean;
  readonly isVersion: boolean;
  readonly isJson: boolean;
}

/** Finds the command among the arguments; `--as`, `--json` and `--help` may stand before or after it. */
export function findCommand(args: readonly string[]): Asked {
  const { tokens, values } = parseArgs({ args: [...args], options: GLOBAL, strict: false, allowPositionals: true, tokens: true });
  const named = tokens.find((token) => token.kind === "positional");
  const command = named?.kind === "positional" ? named.value : null;
  return {
    command,
    rest: named === undefined ? args : args.filter((_, index) => index !== named.index),
    isHelp: values.help === true,
    // After a command it is that command's own, if it has one.
    isVersion: values.version === true && command === null,
    isJson: values.json === true,
  };
}

/** What was typed for a command. */
export interface Typed {
  readonly positionals: readonly string[];
  readonly options: Readonly<Record<string, string | boolean | undefined>>;
  readonly profile: string | undefined;
}

/** Takes a command's arguments apart, strictly. @throws UsageError naming what is missing, unknown or too much. */
export function parseFor(command: Command, rest: readonly string[]): Typed {
  const { positionals, values } = parsed(command, rest);
  const [min, max] = command.takes;
  if (positionals.length < min || positionals.length > max) throw new UsageError(`usage: sallyport ${command.usage}`);
  const options: Record<string, string | boolean | undefined> = {};
  for (const [name, value] of Object.entries(values)) if (!Array.isArray(value)) options[name] = value;
  const { as: profile } = options;
  return { positionals, options, profile: typeof profile === "string" ? profile : undefined };
}

function parsed(command: Command, rest: readonly string[]): { positionals: string[]; values: Record<string, string | boolean | (string | boolean)[] | undefined> } {
  try {
    return parseArgs({ args: [...rest], options: { ...GLOBAL, ...command.options }, strict: true, allowPositionals: true });
  } catch (error) {
    if (error instanceof TypeError && "code" in error) throw new UsageError(`${error.message.split(". ")[0] ?? "wrong option"}. usage: sallyport ${command.usage}`);
    throw error;
  }
}

/** A command by its name, or a UsageError that says what there is. */
export async function loadCommand(name: string): Promise<Command> {
  const entry = Object.hasOwn(commandTable, name) ? commandTable[name] : undefined;
  if (entry === undefined) throw new UsageError(`there is no command ${JSON.stringify(name)}; there are ${Object.keys(commandTable).join(", ")}`);
  return await entry.load();
}
