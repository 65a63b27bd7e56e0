import { isProcedurePath, procedures } from "@sallyport/client";
import { plainJson } from "@sallyport/errors";
import { callOptions, keyOption } from "../call-options.ts";
import type { Command } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { asProfile } from "../profile.ts";
import { readText } from "../read-text.ts";
import { UsageError } from "../usage-error.ts";

/** `sallyport call` calls any procedure with any input, and prints the answer's data. */
export const call: Command = {
  usage: "--as PROFILE call PROCEDURE [JSON | -] [--idempotency-key KEY]",
  help: [
    "Calls a procedure with an input in JSON, from the command line or, with -, from standard input; without one, with {}.",
    "Prints the answer as JSON. Procedures:",
    ...Object.entries(procedures).map(([path, { type }]) => `  ${path}${type === "mutation" ? "  (change or crossing)" : ""}`),
  ].join("\n"),
  options: keyOption,
  takes: [1, 2],
  run: async (invocation) => {
    const [path = "", source] = invocation.positionals;
    if (!isProcedurePath(path)) throw new UsageError(`there is no procedure ${JSON.stringify(path)}; sallyport call --help lists them`);
    const input = parseInput(source === "-" ? await readText(invocation, "-") : (source ?? "{}"));
    const data = await asProfile(invocation, async (connection) => await connection.call(path, input, callOptions(invocation)));
    invocation.io.out(`${plainJson(data, invocation.isJson ? 0 : 2)}\n`);
    return EXIT.done;
  },
};

/** The parser's message would quote the input, which may hold PHI. */
function parseInput(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError("the input is not JSON");
  }
}
