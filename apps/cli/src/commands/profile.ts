import { plainJson, plainText } from "@sallyport/errors";
import { callOptions, keyOption } from "../call-options.ts";
import { type Command, type Invocation, optionText, report } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { asProfile } from "../profile.ts";
import { readText } from "../read-text.ts";
import { UsageError } from "../usage-error.ts";

interface Line {
  readonly what: string;
  readonly before: string | null;
  readonly after: string | null;
}

const USAGE = "--as PROFILE profile show [ID [--number N]] | compare FILE | propose FILE --reason TEXT [--idempotency-key KEY]";

/** `sallyport profile`: the classification profiles, what a draft would change, and asking for it. */
export const profile: Command = {
  usage: USAGE,
  help: [
    "Shows the classification profiles in force, or one of them as its document, to begin a draft with.",
    "compare says what a draft would change and keeps nothing; propose asks for it: somebody else then approves it at the console, by passkey.",
    "A draft has the number after the one in force. FILE may be - for standard input.",
  ].join("\n"),
  options: { ...keyOption, number: { type: "string" }, reason: { type: "string" } },
  takes: [1, 2],
  run: async (invocation) => {
    const [verb = "", name] = invocation.positionals;
    if (verb === "show") return name === undefined ? await list(invocation) : await show(invocation, name);
    if (name === undefined || (verb !== "compare" && verb !== "propose")) throw new UsageError(`usage: sallyport ${USAGE}`);
    return verb === "compare" ? await compare(invocation, name) : await propose(invocation, name);
  },
};

async function list(invocation: Invocation): Promise<ExitCode> {
  const listed = await asProfile(invocation, async ({ api }) => await api.profiles.list.query({}));
  report(
    invocation,
    plainJson(listed),
    listed.profiles.map(({ profile: id, version, title, signed, variables, studies }) =>
      plainText(`${id}/${version}  ${title}, ${variables} variables${signed ? "" : ", NOT SIGNED"}${studies.length === 0 ? "" : `; studies ${studies.join(", ")}`}`),
    ),
  );
  return EXIT.done;
}

async function show(invocation: Invocation, id: string): Promise<ExitCode> {
  const version = optionText(invocation, "number");
  if (version !== undefined && !/^[1-9]\d{0,6}$/.test(version)) throw new UsageError("--number takes a number from 1");
  const shown = await asProfile(invocation, async ({ api }) => await api.profiles.get.query({ profile: id, ...(version !== undefined && { version: Number(version) }) }));
  if (!shown.signed) invocation.io.err("this version is not what was signed: nothing goes by it\n");
  invocation.io.out(`${plainJson(invocation.isJson ? shown : (JSON.parse(shown.document) as unknown), invocation.isJson ? 0 : 2)}\n`);
  return EXIT.done;
}

async function compare(invocation: Invocation, file: string): Promise<ExitCode> {
  const document = await readText(invocation, file);
  const compared = await asProfile(invocation, async ({ api }) => await api.profiles.compare.query({ document }));
  report(invocation, plainJson(compared), compared.effect.map(lineText));
  return EXIT.done;
}

async function propose(invocation: Invocation, file: string): Promise<ExitCode> {
  const reason = optionText(invocation, "reason");
  if (reason === undefined) throw new UsageError(`say why: sallyport profile propose ${file} --reason TEXT`);
  const document = await readText(invocation, file);
  const { approval } = await asProfile(invocation, async ({ api }) => await api.approvals.requestProfileChange.mutate({ document, reason }, callOptions(invocation)));
  report(invocation, plainJson(approval), [
    plainText(`${approval.approvalId}: ${approval.about}`),
    `  digest ${approval.digest}`,
    `  open until ${approval.expiresAt}; somebody else approves it at the console, by passkey`,
  ]);
  return EXIT.done;
}

const lineText = ({ what, before, after }: Line): string => plainText(before === null ? `${what}: ${after ?? "-"}` : `${what}: ${before} -> ${after ?? "-"}`);
