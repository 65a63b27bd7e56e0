import { plainJson } from "@sallyport/errors";
import { callOptions, keyOption } from "../call-options.ts";
import { type Command, type Invocation, optionText, report } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { asProfile } from "../profile.ts";
import { UsageError } from "../usage-error.ts";

const options = { ...keyOption, reason: { type: "string" } } as const;

/** `sallyport release`: a packet leaves quarantine, all of it or nothing. */
export const release: Command = {
  usage: "--as PROFILE release PACKET --reason TEXT [--collected-before-withdrawal] [--idempotency-key KEY]",
  help: [
    "Releases a packet from quarantine, all of it or nothing. It takes another principal than the one that uploaded it, and a reason.",
    "With --collected-before-withdrawal you state that what it brings for subjects who have withdrawn consent was all collected before.",
  ].join("\n"),
  options: { ...options, "collected-before-withdrawal": { type: "boolean" } },
  takes: [1, 1],
  run: async (invocation) => {
    const isStated = invocation.options["collected-before-withdrawal"] === true;
    const input = { ...decisionOf(invocation, "release"), ...(isStated && { collectedBeforeWithdrawal: true }) };
    const released = await asProfile(invocation, async ({ api }) => await api.packets.release.mutate(input, callOptions(invocation)));
    const { subjects, records, documents } = released;
    report(invocation, plainJson(released), [
      `packet ${released.packetId} is released`,
      ...(released.equal
        ? ["  it held nothing that wasn't stored already: nothing was changed"]
        : [
            `  subjects: ${subjects.created} created, ${subjects.updated} updated, ${subjects.unchanged} unchanged`,
            `  records: ${records.created} created, ${records.updated} in a new version, ${records.unchanged} unchanged, ${records.absent} stored ones not in the packet`,
            ...(documents.created + documents.updated + documents.unchanged > 0
              ? [`  documents: ${documents.created} created, ${documents.updated} in a new version, ${documents.unchanged} unchanged`]
              : []),
          ]),
      ...released.evidence.map(({ chain, generation, size }) => `  on record in ${chain}, generation ${generation}, checkpointed at ${size}`),
    ]);
    return EXIT.done;
  },
};

/** `sallyport reject`: a packet is turned away and stays on record. */
export const reject: Command = {
  usage: "--as PROFILE reject PACKET --reason TEXT [--idempotency-key KEY]",
  help: "Rejects a packet in quarantine. Nothing of it is taken over; the packet stays on record.",
  options,
  takes: [1, 1],
  run: async (invocation) => {
    const input = decisionOf(invocation, "reject");
    const rejected = await asProfile(invocation, async ({ api }) => await api.packets.reject.mutate(input, callOptions(invocation)));
    report(invocation, plainJson(rejected), [`packet ${rejected.packetId} is rejected`]);
    return EXIT.done;
  },
};

function decisionOf(invocation: Invocation, verb: string): { packetId: string; reason: string } {
  const [packetId = ""] = invocation.positionals;
  const reason = optionText(invocation, "reason");
  if (reason === undefined) throw new UsageError(`say why: sallyport ${verb} ${packetId} --reason TEXT`);
  return { packetId, reason };
}
