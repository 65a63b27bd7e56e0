import { plainJson, plainText } from "@sallyport/errors";
import type { Command, Invocation } from "../command.ts";
import { report } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { rewrapLine, ringLines } from "../ring-lines.ts";
import { asProfile } from "../profile.ts";
import { UsageError } from "../usage-error.ts";

const RINGS = ["token", "kek", "ca", "audit", "sign"] as const;

/** `sallyport keys`: how the rings stand, how far data keys are wrapped anew, and what turning a ring would do. */
export const keys: Command = {
  usage: "--as PROFILE keys | --as PROFILE keys rehearse token|kek|ca|audit|sign",
  help: [
    "Shows every ring of keys: what is in use, since when, who still waits, what is overdue, what can be done now; and how far data keys are wrapped anew.",
    "rehearse says what turning a ring does, what it would break now, and what updates itself. It changes nothing.",
    "Steps are taken at the console, under Keys, by somebody who proves anew who they are.",
  ].join("\n"),
  options: {},
  takes: [0, 2],
  run: async (invocation) => {
    const [act, name] = invocation.positionals;
    if (act === undefined) return await list(invocation);
    const ring = RINGS.find((each) => each === name);
    if (act !== "rehearse" || ring === undefined) throw new UsageError(`usage: sallyport ${keys.usage}`);
    return await rehearse(invocation, ring);
  },
};

async function list(invocation: Invocation): Promise<ExitCode> {
  const answer = await asProfile(invocation, async ({ api }) => await api.keys.rings.query({}));
  report(invocation, plainJson(answer), [...answer.rings.flatMap(ringLines), ...answer.rewraps.map(rewrapLine)].map(plainText));
  return EXIT.done;
}

async function rehearse(invocation: Invocation, ring: (typeof RINGS)[number]): Promise<ExitCode> {
  const answer = await asProfile(invocation, async ({ api }) => await api.keys.rehearse.query({ ring }));
  report(
    invocation,
    plainJson(answer),
    answer.lines.map(({ about, text }) => plainText(`${about.padEnd(7)}  ${text}`)),
  );
  return EXIT.done;
}
