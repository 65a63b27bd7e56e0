import type { ParseArgsConfig } from "node:util";
import type { ExitCode } from "./exit-code.ts";
import type { Settings } from "./settings.ts";
import { UsageError } from "./usage-error.ts";

/** Where a command reads and writes. */
export interface Io {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly stdin: () => AsyncIterable<Uint8Array | string>;
}

/** What was typed, taken apart, with its surroundings. */
export interface Invocation {
  readonly positionals: readonly string[];
  /** Values of the command's own options, by name. */
  readonly options: Readonly<Record<string, string | boolean | undefined>>;
  /** `--as`. */
  readonly profile: string | undefined;
  /** `--json`. */
  readonly isJson: boolean;
  readonly io: Io;
  readonly settings: Settings;
}

/** One command. Its module is loaded when it is called, so that `verify` needs nothing that talks to a service. */
export interface Command {
  /** After `sallyport `. */
  readonly usage: string;
  /** More than the summary, for `--help`. */
  readonly help: string;
  readonly options: NonNullable<ParseArgsConfig["options"]>;
  /** How many arguments it takes, at least and at most. */
  readonly takes: readonly [min: number, max: number];
  run(invocation: Invocation): Promise<ExitCode>;
}

/** The text of an option, or undefined where it wasn't given. */
export function optionText({ options }: Invocation, name: string): string | undefined {
  const value = options[name];
  return typeof value === "string" ? value : undefined;
}

/** The same where the command needs it. @throws UsageError naming the option. */
export function requiredText(invocation: Invocation, name: string): string {
  const value = optionText(invocation, name);
  if (value === undefined || value === "") throw new UsageError(`this needs --${name}`);
  return value;
}

/** Prints the result: as one JSON document with `--json`, otherwise as the lines for people. */
export function report({ io, isJson }: Pick<Invocation, "io" | "isJson">, document: string, lines: readonly string[]): void {
  io.out(isJson ? `${document}\n` : lines.map((line) => `${line}\n`).join(""));
}
