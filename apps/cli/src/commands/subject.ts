import { plainJson, plainText } from "@sallyport/errors";
import { callOptions, keyOption } from "../call-options.ts";
import { type Command, type Invocation, optionText, report } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { asProfile } from "../profile.ts";
import { UsageError } from "../usage-error.ts";

const USAGE = "--as me subject show ID | subject shred ID --reason TEXT | subject retain STUDY --until YYYY-MM-DD --reason TEXT";

/** `sallyport subject`: how a subject stands, and what ends its data for good. */
export const subject: Command = {
  usage: USAGE,
  help: [
    "show says where a subject is, and whether it was shredded: by whom, when, and on which approval.",
    "shred asks for the destruction of what opens its data, for good. Two administrators approve it at the console, each with a passkey; nothing is destroyed",
    "before. It is refused before the day until which the study's data are kept, which retain asks to change, and while packets of its site are undecided.",
  ].join("\n"),
  options: { ...keyOption, reason: { type: "string" }, until: { type: "string" } },
  takes: [2, 2],
  run: async (invocation) => {
    const [act, about = ""] = invocation.positionals;
    if (act === "show") return await show(invocation, about);
    const reason = optionText(invocation, "reason");
    if (reason === undefined || (act !== "shred" && act !== "retain")) throw new UsageError(`usage: sallyport ${USAGE}`);
    return await ask(invocation, act, about, reason);
  },
};

async function show(invocation: Invocation, subjectId: string): Promise<ExitCode> {
  const { label, study, site, isShredded, shred } = await asProfile(invocation, async ({ api }) => await api.subjects.get.query({ subjectId }));
  report(invocation, plainJson({ subjectId, label, study, site, isShredded, shred }), [
    plainText(`${label}  ${study}/${site}  ${isShredded ? "shredded" : "stored"}`),
    ...(shred === null
      ? []
      : [
          plainText(`  on ${shred.at}: asked for by ${shred.requestedBy}, approved by ${shred.approvedBy.join(" and ")} (${shred.approvalId})`),
          shred.destroyedAt === null
            ? "  its keys are being destroyed"
            : plainText(`  its keys and those of ${shred.packets} packets' originals were destroyed on ${shred.destroyedAt}`),
        ]),
  ]);
  return EXIT.done;
}

async function ask(invocation: Invocation, act: "shred" | "retain", about: string, reason: string): Promise<ExitCode> {
  const until = optionText(invocation, "until");
  if ((act === "retain") !== (until !== undefined)) throw new UsageError(`usage: sallyport ${USAGE}`);
  const { approval } = await asProfile(invocation, ({ api }) =>
    until === undefined
      ? api.approvals.requestShred.mutate({ subjectId: about, reason }, callOptions(invocation))
      : api.approvals.requestRetention.mutate({ study: about, until, reason }, callOptions(invocation)),
  );
  report(invocation, plainJson({ approval }), [
    plainText(`asked for: ${approval.approvalId}, open until ${approval.expiresAt}`),
    act === "shred" ? "  two administrators approve it at the console, each with a passkey" : "  another administrator approves it at the console",
  ]);
  return EXIT.done;
}
