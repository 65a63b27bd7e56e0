import { plainJson, plainText } from "@sallyport/errors";
import { callOptions } from "../call-options.ts";
import { type Command, type Invocation, report } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { asProfile } from "../profile.ts";
import { UsageError } from "../usage-error.ts";

const RECEIPT = /^spl_[0-9a-hjkmnp-tv-z]{26}$/;

/** `sallyport spool`: what became of requests that were kept for later. */
export const spool: Command = {
  usage: "--as PROFILE spool [RECEIPT]",
  help: [
    "With a RECEIPT, says what became of that request of the profile's own: exit code 0 where it was replayed, 3 where it was refused, 4 while it waits",
    "or isn't known. Once it was replayed, the same call with the same idempotency key answers what it did. Without one, lists what waits and what was",
    "refused, for who looks after workloads.",
  ].join("\n"),
  options: {},
  takes: [0, 1],
  run: async (invocation) => {
    const [receipt] = invocation.positionals;
    if (receipt === undefined) return await listed(invocation);
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
  unknown: () => "no such request of this profile's is known yet",
} as const;
const EXITS: Readonly<Record<keyof typeof STATES, ExitCode>> = { waiting: EXIT.unavailable, replayed: EXIT.done, refused: EXIT.denied, unknown: EXIT.unavailable };

async function listed(invocation: Invocation): Promise<ExitCode> {
  const { node, items } = await asProfile(invocation, async ({ api }) => await api.spool.list.query({}, callOptions(invocation)));
  report(invocation, plainJson({ node, items }), [
    `this node's spool is ${node.state}: ${node.waiting} of ${node.requestsMax} requests wait${node.oldestAt === null ? "" : `, the oldest since ${node.oldestAt}`}`,
    ...items.map(({ receipt, state, reason, procedure, principal, takenAt }) => `${receipt}  ${(reason ?? state).padEnd(16)}  ${takenAt}  ${procedure}  ${plainText(principal)}`),
  ]);
  return EXIT.done;
}
