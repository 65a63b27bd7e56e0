import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Connection } from "@sallyport/client";
import { plainJson, plainText } from "@sallyport/errors";
import { callOptions, keyOption } from "../call-options.ts";
import { type Command, type Invocation, report, requiredText } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { outboxLine, routeLine } from "../outbox-lines.ts";
import { asProfile } from "../profile.ts";
import { UsageError } from "../usage-error.ts";

type RequestRoutes = Parameters<Connection["api"]["approvals"]["requestRoutes"]["mutate"]>[0];

const USAGE = [
  "--as PROFILE outbox",
  "--as PROFILE outbox show ITEM",
  "--as PROFILE outbox reconcile ITEM",
  "--as PROFILE outbox resend ITEM --reason TEXT",
  "--as PROFILE outbox routes RECIPIENT --file FILE --reason TEXT",
];

/** `sallyport outbox`: what is on its way to recipients, and over which routes; and what somebody wants of it. */
export const outbox: Command = {
  usage: USAGE.join(" | "),
  help: [
    "Shows what is on its way to recipients, and how their routes are; show has one item's attempts and receipts.",
    "reconcile wants what is next at once: a sealed item is sent, the portal of any other is asked. It sends nothing that may have arrived.",
    "resend asks for an item in doubt to be sent again under its key: a second person approves it. routes asks for a recipient's routes to be replaced",
    "by those of FILE, a JSON list with the primary first (docs/runbooks/outbox.md): a second person approves that, too.",
  ].join("\n"),
  options: { reason: { type: "string" }, file: { type: "string" }, ...keyOption },
  takes: [0, 2],
  run: async (invocation) => {
    const [act, name] = invocation.positionals;
    if (act === undefined) return await list(invocation);
    if (name === undefined) throw new UsageError(`usage: sallyport ${outbox.usage}`);
    switch (act) {
      case "show":
        return await show(invocation, name);
      case "reconcile": {
        const answer = await asProfile(invocation, async ({ api }) => await api.outbox.reconcile.mutate({ itemId: name }, callOptions(invocation)));
        report(invocation, plainJson(answer), [`${name}: ${answer.next === "sent" ? "it is sent now" : "its portal is asked now"}`]);
        return EXIT.done;
      }
      case "resend":
        return await request(
          invocation,
          async ({ api }) => await api.approvals.requestResend.mutate({ itemId: name, reason: requiredText(invocation, "reason") }, callOptions(invocation)),
        );
      case "routes":
        return await request(
          invocation,
          async ({ api }) =>
            await api.approvals.requestRoutes.mutate({ recipientId: name, routes: routesIn(invocation), reason: requiredText(invocation, "reason") }, callOptions(invocation)),
        );
      default:
        throw new UsageError(`usage: sallyport ${outbox.usage}`);
    }
  },
};

async function list(invocation: Invocation): Promise<ExitCode> {
  const answer = await asProfile(invocation, async ({ api }) => await api.outbox.list.query({}));
  const items = answer.items.length === 0 ? ["nothing is in the outbox"] : answer.items.map(outboxLine);
  report(invocation, plainJson(answer), [...items, ...answer.routes.map(routeLine)].map(plainText));
  return EXIT.done;
}

async function show(invocation: Invocation, itemId: string): Promise<ExitCode> {
  const answer = await asProfile(invocation, async ({ api }) => await api.outbox.get.query({ itemId }));
  const { item, attempts, receipts } = answer;
  report(
    invocation,
    plainJson(answer),
    [
      outboxLine(item),
      `packet ${item.packetId}, ${item.length} bytes, SHA-256 ${item.sha256}, key ${item.idempotencyKey}`,
      ...attempts.map(({ n, route, claimedAt, begunAt, outcome, failure }) => {
        const ended = outcome === null ? "under way" : `${outcome}${failure === null ? "" : ` (${failure})`}`;
        return `attempt ${n} over ${route} at ${claimedAt}: ${ended}${begunAt === null ? ", no byte went out" : ""}`;
      }),
      ...receipts.map(({ attempt, verdict, sha256, at }) => `receipt for attempt ${attempt} at ${at}: ${verdict}, SHA-256 ${sha256}`),
    ].map(plainText),
  );
  return EXIT.done;
}

type Requested = Awaited<ReturnType<Connection["api"]["approvals"]["requestResend"]["mutate"]>>;

async function request(invocation: Invocation, ask: (connection: Connection) => Promise<Requested>): Promise<ExitCode> {
  const answer = await asProfile(invocation, ask);
  report(invocation, plainJson(answer), [`${answer.approval.approvalId}: a second person has to approve it, at the console under Approvals`]);
  return EXIT.done;
}

/** The list as it stands in the file; what form it has to have is the api's to say. */
function routesIn(invocation: Invocation): RequestRoutes["routes"] {
  const file = resolve(invocation.settings.workingDir, requiredText(invocation, "file"));
  try {
    return JSON.parse(readFileSync(file, "utf8")) as RequestRoutes["routes"];
  } catch {
    throw new UsageError(`${file} can't be read as JSON`);
  }
}
