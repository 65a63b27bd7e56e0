import { plainJson, plainText } from "@sallyport/errors";
import { callOptions, keyOption } from "../call-options.ts";
import { type Command, type Invocation, optionText, report, requiredText } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { asProfile } from "../profile.ts";
import { UsageError } from "../usage-error.ts";

const KINDS = ["agency", "sponsor"] as const;

/** `sallyport recipients`: whom packets are sealed to; and asking for a change, which a second person approves. */
export const recipients: Command = {
  usage:
    "recipients | recipients add --kind agency|sponsor --name NAME --age-key age1… --reason TEXT | recipients change ID --kind … --name … --age-key … --reason TEXT | recipients withdraw ID --reason TEXT",
  help: [
    "Lists the agencies and sponsors that packets are sealed to, with the fingerprints of their keys. add, change and withdraw (with --as me) ask for it: a second",
    "administrator approves it with the key's fingerprint before them, so get that from the recipient by another way than the key. A withdrawal is for good.",
  ].join("\n"),
  options: { ...keyOption, kind: { type: "string" }, name: { type: "string" }, "age-key": { type: "string" }, reason: { type: "string" } },
  takes: [0, 2],
  run: async (invocation) => {
    const [act, recipientId] = invocation.positionals;
    if (act === undefined) return list(invocation);
    if (act === "add" && recipientId === undefined) return ask(invocation, undefined);
    if (act === "change" && recipientId !== undefined) return ask(invocation, recipientId);
    if (act === "withdraw" && recipientId !== undefined) return withdraw(invocation, recipientId);
    throw new UsageError(`usage: sallyport ${recipients.usage}`);
  },
};

async function list(invocation: Invocation): Promise<ExitCode> {
  const answer = await asProfile(invocation, ({ api }) => api.recipients.list.query({}));
  const lines = answer.recipients.flatMap(({ recipientId, kind, name, state, key, fingerprint }) => [
    `${plainText(recipientId)}  ${kind}  ${state}  ${plainText(name)}`,
    `  ${plainText(key)}`,
    `  ${plainText(fingerprint)}`,
  ]);
  report(invocation, plainJson(answer), lines.length > 0 ? lines : ["no recipients: ask for one with sallyport recipients add"]);
  return EXIT.done;
}

async function ask(invocation: Invocation, recipientId: string | undefined): Promise<ExitCode> {
  const kind = KINDS.find((each) => each === optionText(invocation, "kind"));
  if (kind === undefined) throw new UsageError("this needs --kind agency or --kind sponsor");
  const input = {
    kind,
    name: requiredText(invocation, "name"),
    key: requiredText(invocation, "age-key"),
    reason: requiredText(invocation, "reason"),
    ...(recipientId !== undefined && { recipientId }),
  };
  const { approval } = await asProfile(invocation, ({ api }) => api.approvals.requestRecipient.mutate(input, callOptions(invocation)));
  return asked(invocation, approval);
}

async function withdraw(invocation: Invocation, recipientId: string): Promise<ExitCode> {
  const input = { recipientId, reason: requiredText(invocation, "reason") };
  const { approval } = await asProfile(invocation, ({ api }) => api.approvals.requestRecipientEnd.mutate(input, callOptions(invocation)));
  return asked(invocation, approval);
}

function asked(invocation: Invocation, approval: { readonly approvalId: string; readonly expiresAt: string }): ExitCode {
  report(invocation, plainJson({ approval }), [
    `asked for it: ${plainText(approval.approvalId)}, open until ${plainText(approval.expiresAt)}`,
    "  a second administrator compares the fingerprint and approves it at the console",
  ]);
  return EXIT.done;
}
