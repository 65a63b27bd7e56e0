import { plainJson, plainText } from "@sallyport/errors";
import { callOptions, keyOption } from "../call-options.ts";
import { type Command, type Invocation, report, requiredText } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { asProfile } from "../profile.ts";
import { UsageError } from "../usage-error.ts";

const RECEIPT = /^spl_[0-9a-hjkmnp-tv-z]{26}$/;

/** So many may be asked to be discarded in one request. */
const DISCARDED_AT_ONCE = 200;

const USAGE = [
  "--as PROFILE spool [RECEIPT]",
  "--as PROFILE spool replay",
  "--as PROFILE spool discard RECEIPT... --reason TEXT",
  "--as PROFILE spool discard --all --reason TEXT",
];

/** `sallyport spool`: what became of requests that were kept for later, and what somebody wants of those that wait. */
export const spool: Command = {
  usage: USAGE.join(" | "),
  help: [
    "With a RECEIPT, says what became of that request of the profile's own: exit code 0 where it was replayed, 3 where it was refused, 4 while it waits",
    "or isn't known. Once it was replayed, the same call with the same idempotency key answers what it did. Without one, lists what waits and what was",
    "refused, for who looks after workloads. replay has what waits sent through the boundary at once, in order, and not only when everything has been",
    "well for ten seconds. discard asks for what waits to be removed unopened, some of it, or with --all up to 200, the oldest first: a second person approves it.",
  ].join("\n"),
  options: { reason: { type: "string" }, all: { type: "boolean" }, ...keyOption },
  takes: [0, DISCARDED_AT_ONCE + 1],
  run: async (invocation) => {
    const [receipt, ...others] = invocation.positionals;
    if (receipt === "discard") return await discard(invocation, others);
    if (others.length > 0) throw new UsageError(`usage: sallyport ${spool.usage}`);
    if (receipt === undefined) return await listed(invocation);
    if (receipt === "replay") return await replay(invocation);
    if (!RECEIPT.test(receipt)) throw new UsageError("a receipt begins with spl_, as ingest --later showed it");
    const standing = await asProfile(invocation, async ({ api }) => await api.spool.status.query({ receipt }, callOptions(invocation)));
    report(invocation, plainJson(standing), [STATES[standing.state](standing)]);
    return EXITS[standing.state];
  },
};

interface Standing {
  readonly takenAt: string | null;
  readonly settledAt: string | null;
  readonly reason: string | null;
  readonly requestId: string | null;
}

const STATES = {
  waiting: ({ takenAt }: Standing) => `waits since ${takenAt ?? "-"}; it is not done`,
  replayed: ({ settledAt, requestId }: Standing) => `done at ${settledAt ?? "-"}, in request ${requestId ?? "-"}; the same call with its key answers what it did`,
  refused: ({ settledAt, reason }: Standing) => `refused at ${settledAt ?? "-"}: ${reason ?? "-"}; nothing was done`,
  discarded: ({ settledAt }: Standing) => `discarded by two administrators at ${settledAt ?? "-"}, unopened; send it again if it is still wanted`,
  unknown: () => "no such request of this profile's is known yet",
} as const;
const EXITS: Readonly<Record<keyof typeof STATES, ExitCode>> = {
  waiting: EXIT.unavailable,
  replayed: EXIT.done,
  refused: EXIT.denied,
  discarded: EXIT.denied,
  unknown: EXIT.unavailable,
};

async function replay(invocation: Invocation): Promise<ExitCode> {
  const answer = await asProfile(invocation, async ({ api }) => await api.spool.replay.mutate({}, callOptions(invocation)));
  report(invocation, plainJson(answer), [`${answer.waiting} wait, and are sent through the boundary now, in order; sallyport spool says what becomes of them`]);
  return EXIT.done;
}

async function discard(invocation: Invocation, named: readonly string[]): Promise<ExitCode> {
  const isAll = invocation.options["all"] === true;
  if (isAll === named.length > 0 || !named.every((each) => RECEIPT.test(each))) throw new UsageError("name the receipts that are to be discarded, or --all that wait");
  const reason = requiredText(invocation, "reason");
  const answer = await asProfile(invocation, async ({ api }) => {
    const receipts = isAll ? waitingIn((await api.spool.list.query({ limit: 500 })).items) : named;
    if (receipts.length === 0) throw new UsageError("nothing waits");
    return await api.approvals.requestSpoolDiscard.mutate({ receipts: [...receipts], reason }, callOptions(invocation));
  });
  const { approvalId, about } = answer.approval;
  report(invocation, plainJson(answer), [`${approvalId}: ${plainText(about)}; a second person has to approve it, at the console under Approvals`]);
  return EXIT.done;
}

/** The receipts of those that wait, in the list's order, which is the oldest first; as many as one request may name. */
const waitingIn = (items: readonly { readonly receipt: string; readonly state: string }[]): readonly string[] =>
  items
    .filter(({ state }) => state === "waiting")
    .slice(0, DISCARDED_AT_ONCE)
    .map(({ receipt }) => receipt);

async function listed(invocation: Invocation): Promise<ExitCode> {
  const { node, items } = await asProfile(invocation, async ({ api }) => await api.spool.list.query({}, callOptions(invocation)));
  report(invocation, plainJson({ node, items }), [
    `this node's spool is ${node.state}: ${node.waiting} of ${node.requestsMax} requests wait${node.oldestAt === null ? "" : `, the oldest since ${node.oldestAt}`}`,
    ...items.map(({ receipt, state, reason, procedure, principal, takenAt }) => `${receipt}  ${(reason ?? state).padEnd(16)}  ${takenAt}  ${procedure}  ${plainText(principal)}`),
  ]);
  return EXIT.done;
}
