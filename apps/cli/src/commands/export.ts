import { relative, resolve } from "node:path";
import { plainJson, plainText } from "@sallyport/errors";
import { callOptions } from "../call-options.ts";
import { type Command, optionText, report } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { exportChain } from "../export-chain.ts";
import { asProfile } from "../profile.ts";
import { UsageError } from "../usage-error.ts";

const QUIET_MS = 1_000;
const EVERY_MS = 500;

/** `sallyport export`: one chain as a bundle that anyone can verify. */
export const exportCommand: Command = {
  usage: "--as PROFILE export --chain CHAIN --out DIR",
  help: [
    "Writes a chain (system, or site:STUDY/SITE) up to a fresh checkpoint as a bundle into a new or empty folder, verifies it, and says",
    "how to verify it elsewhere. Compare the key's fingerprint with one that you got another way. One that was cut off goes on where it was: run the same again.",
  ].join("\n"),
  options: { chain: { type: "string" }, out: { type: "string" } },
  takes: [0, 0],
  run: async (invocation) => {
    const chain = optionText(invocation, "chain");
    const out = optionText(invocation, "out");
    if (chain === undefined || out === undefined) throw new UsageError(`usage: sallyport ${exportCommand.usage}`);
    const { io, settings, isJson } = invocation;
    const folder = resolve(settings.workingDir, out);
    const onProgress = progressTo(io.err);
    const { verdict, ...exported } = await asProfile(
      invocation,
      async (connection) => await exportChain(connection, { chain, folder, ...callOptions(invocation), onProgress, ...resuming(io.err) }),
    );
    const shown = relative(settings.workingDir, folder) || ".";
    const verifyWith = `sallyport verify ${shown.startsWith("..") ? folder : shown} --key ${exported.fingerprint}`;
    report({ io, isJson }, plainJson({ ...exported, folder, whole: verdict.whole, breaks: verdict.breaks, verifyWith }), [
      `${exported.records} records of ${plainText(exported.chain)} in ${exported.generations} generation${exported.generations === 1 ? "" : "s"} are in ${folder}`,
      ...(verdict.whole
        ? []
        : ["the bundle does not verify:", ...verdict.breaks.map(({ generation, seq, kind, why }) => `  ${kind} at generation ${generation}, seq ${seq}: ${plainText(why)}`)]),
      `verify with: ${verifyWith}`,
    ]);
    return verdict.whole ? EXIT.done : EXIT.failed;
  },
};

/** What is said of an export that was cut off. */
export const resuming = (write: (text: string) => void) => ({
  onResumed: (records: number) => write(`${records} records are there already: going on behind them\n`),
  onKept: (records: number) => write(`${records} records are written and stay there: run the same command again to go on\n`),
});

/** Lines on standard error, once it takes longer than a second, at most twice a second. */
export function progressTo(write: (text: string) => void): (records: number, of: number) => void {
  let nextAtMs = performance.now() + QUIET_MS;
  return (records, of) => {
    if (performance.now() < nextAtMs) return;
    nextAtMs = performance.now() + EVERY_MS;
    write(`${records} of ${of} records\n`);
  };
}
