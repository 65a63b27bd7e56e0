import { plainJson, plainText } from "@sallyport/errors";
import { callOptions, keyOption } from "../call-options.ts";
import { type Command, type Invocation, optionText, report } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { certificateLine, reencryptLine, rewrapLine, ringLines } from "../ring-lines.ts";
import { asProfile } from "../profile.ts";
import { UsageError } from "../usage-error.ts";

const RINGS = ["token", "kek", "ca", "audit", "sign", "database"] as const;

/** `sallyport keys`: how the rings stand, how far data keys are wrapped anew, and what turning a ring would do. */
export const keys: Command = {
  usage: "--as PROFILE keys | keys rehearse token|kek|ca|audit|sign|database | keys reencrypt STUDY [SUBJECT] --reason TEXT",
  help: [
    "Shows every ring of keys: what is in use, since when, who still waits, what is overdue, what can be done now; the newest certificate of each workload; and how far data keys are wrapped anew.",
    "rehearse says what turning a ring does, what it would break now, and what updates itself. It changes nothing.",
    "reencrypt has every stored field of a study, or of one of its subjects, sealed anew under another data key, in the background; keys shows how far it is.",
    "Steps are taken at the console, under Keys, by somebody who proves anew who they are; the database's passwords are turned by sallyport passwords rotate.",
  ].join("\n"),
  options: { ...keyOption, reason: { type: "string" } },
  takes: [0, 3],
  run: async (invocation) => {
    const [act, name] = invocation.positionals;
    if (act === undefined) return await list(invocation);
    if (act === "reencrypt") return await reencrypt(invocation);
    const ring = RINGS.find((each) => each === name);
    if (act !== "rehearse" || ring === undefined || invocation.positionals.length > 2) throw new UsageError(`usage: sallyport ${keys.usage}`);
    return await rehearse(invocation, ring);
  },
};

async function list(invocation: Invocation): Promise<ExitCode> {
  const answer = await asProfile(invocation, async ({ api }) => await api.keys.rings.query({}));
  report(
    invocation,
    plainJson(answer),
    [...answer.rings.flatMap(ringLines), ...answer.certificates.map(certificateLine), ...answer.rewraps.map(rewrapLine), ...answer.reencryptions.map(reencryptLine)].map(plainText),
  );
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

async function reencrypt(invocation: Invocation): Promise<ExitCode> {
  const [, study, subjectId] = invocation.positionals;
  const reason = optionText(invocation, "reason");
  if (study === undefined || reason === undefined) throw new UsageError(`usage: sallyport ${keys.usage}`);
  const input = { study, reason, ...(subjectId !== undefined && { subjectId }) };
  const answer = await asProfile(invocation, ({ api }) => api.keys.reencrypt.mutate(input, callOptions(invocation)));
  report(invocation, plainJson(answer), [plainText(`${answer.jobId} began: ${answer.subjects} subjects; sallyport keys shows how far it is`)]);
  return EXIT.done;
}
