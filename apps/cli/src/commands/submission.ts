import { plainJson, plainText } from "@sallyport/errors";
import { callOptions, keyOption } from "../call-options.ts";
import { type Command, type Invocation, report, requiredText } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { fetchPacket } from "../fetch-packet.ts";
import { asProfile } from "../profile.ts";
import { readText } from "../read-text.ts";
import { UsageError } from "../usage-error.ts";

/** Sealing reads every document to its end. */
const LONG_MS = 600_000;

/** `sallyport submission`: from what stands in a sequence to the sealed packet that leaves. */
export const submission: Command = {
  usage:
    "submission list | show ID | create --study STUDY --title TITLE | sequence ID | assemble ID SEQUENCE --tree FILE | prepare ID SEQUENCE --to RECIPIENT | packet PACKET | request PACKET --reason TEXT | seal PACKET | submit PACKET | download PACKET --out FILE",
  help: [
    "A submission has sequences; in a sequence, released documents stand at paths. --tree is a file (or - for standard input) with a line for each:",
    "PATH DOCUMENT VERSION, and then approval where it leaves only with somebody's valid approval on it. prepare makes the manifest of a packet for one",
    "recipient, with its backbone and the receipts of its signatures; request asks for its release, which a second person approves with a passkey; seal seals",
    "it to the recipient's key; submit lets it leave; download writes the sealed bytes of a submitted packet, which the recipient opens with age --decrypt.",
  ].join("\n"),
  options: {
    ...keyOption,
    study: { type: "string" },
    title: { type: "string" },
    tree: { type: "string" },
    to: { type: "string" },
    reason: { type: "string" },
    out: { type: "string" },
  },
  takes: [1, 3],
  run: async (invocation) => {
    const [act = "", ...named] = invocation.positionals;
    const found = ACTS[act];
    if (found === undefined || found.takes !== named.length) throw new UsageError(`usage: sallyport ${submission.usage}`);
    const [one = "", two = ""] = named;
    return found.run(invocation, one, two);
  },
};

interface Act {
  readonly takes: number;
  readonly run: (invocation: Invocation, one: string, two: string) => Promise<ExitCode>;
}

const ACTS: Readonly<Record<string, Act>> = {
  list: {
    takes: 0,
    run: (invocation) =>
      told(
        invocation,
        asked(invocation, (api) => api.submissions.list.query({})),
        ({ submissions }) =>
          submissions.length === 0
            ? ["no submissions: begin one with sallyport submission create"]
            : submissions.map(({ submissionId, study, title, sequences }) => `${submissionId}  ${study}  ${sequences} sequence${sequences === 1 ? "" : "s"}  ${title}`),
      ),
  },
  show: {
    takes: 1,
    run: (invocation, submissionId) =>
      told(
        invocation,
        asked(invocation, (api) => api.submissions.get.query({ submissionId })),
        shownLines,
      ),
  },
  create: {
    takes: 0,
    run: (invocation) => {
      const input = { study: requiredText(invocation, "study"), title: requiredText(invocation, "title") };
      return told(
        invocation,
        asked(invocation, (api) => api.submissions.create.mutate(input, callOptions(invocation))),
        ({ submissionId }) => [submissionId],
      );
    },
  },
  sequence: {
    takes: 1,
    run: (invocation, submissionId) =>
      told(
        invocation,
        asked(invocation, (api) => api.submissions.addSequence.mutate({ submissionId }, callOptions(invocation))),
        ({ sequence }) => [sequence],
      ),
  },
  assemble: {
    takes: 2,
    run: async (invocation, submissionId, sequence) => {
      const files = treeOf(await readText(invocation, requiredText(invocation, "tree")));
      const input = { submissionId, sequence, files };
      return told(
        invocation,
        asked(invocation, (api) => api.submissions.assemble.mutate(input, callOptions(invocation))),
        () => [`${files.length} files stand in sequence ${sequence}; what is to be said of them: sallyport submission show ${submissionId}`],
      );
    },
  },
  prepare: {
    takes: 2,
    run: (invocation, submissionId, sequence) => {
      const input = { submissionId, sequence, recipientId: requiredText(invocation, "to") };
      return told(
        invocation,
        asked(invocation, (api) => api.submissions.prepare.mutate(input, patient(invocation))),
        ({ packetId, digest, files, bytes }) => [
          `${packetId}: ${files} files, ${bytes} bytes`,
          `  manifest ${digest}`,
          `  ask for its release: sallyport --as me submission request ${packetId} --reason TEXT`,
        ],
      );
    },
  },
  packet: {
    takes: 1,
    run: (invocation, packetId) =>
      told(
        invocation,
        asked(invocation, (api) => api.submissions.packet.query({ packetId })),
        ({ state, digest, manifest }) => [state, digest, manifest],
      ),
  },
  request: {
    takes: 1,
    run: (invocation, packetId) => {
      const input = { packetId, reason: requiredText(invocation, "reason") };
      return told(
        invocation,
        asked(invocation, (api) => api.approvals.requestEgress.mutate(input, callOptions(invocation))),
        ({ approval }) => [`asked for it: ${approval.approvalId}, open until ${approval.expiresAt}`, "  somebody else approves it with a passkey at the console"],
      );
    },
  },
  seal: {
    takes: 1,
    run: (invocation, packetId) =>
      told(
        invocation,
        asked(invocation, (api) => api.submissions.seal.mutate({ packetId }, patient(invocation))),
        ({ sha256, length }) => [`sealed: ${length} bytes, SHA-256 ${sha256}`],
      ),
  },
  submit: {
    takes: 1,
    run: (invocation, packetId) =>
      told(
        invocation,
        asked(invocation, (api) => api.submissions.submit.mutate({ packetId }, callOptions(invocation))),
        () => [`${packetId} is submitted`, `  its sealed bytes: sallyport submission download ${packetId} --out FILE`],
      ),
  },
  download: {
    takes: 1,
    run: (invocation, packetId) => {
      const out = requiredText(invocation, "out");
      return told(
        invocation,
        asProfile(invocation, (connection) => fetchPacket(invocation, connection, packetId, out)),
        ({ length, sha256 }) => [`${length} bytes are in ${out}, SHA-256 ${sha256}`, "  the recipient opens it: age --decrypt -i KEY -o packet.tar FILE"],
      );
    },
  },
};

type Api = Parameters<Parameters<typeof asProfile>[1]>[0]["api"];

const asked = <T>(invocation: Invocation, work: (api: Api) => Promise<T>): Promise<T> => asProfile(invocation, ({ api }) => work(api));

const patient = (invocation: Invocation): ReturnType<typeof callOptions> => {
  const { context } = callOptions(invocation);
  return { context: { ...context, deadlineMs: LONG_MS } };
};

async function told<T>(invocation: Invocation, answer: Promise<T>, lines: (answer: T) => readonly string[]): Promise<ExitCode> {
  const found = await answer;
  report(invocation, plainJson(found), lines(found).map(plainText));
  return EXIT.done;
}

type Shown = Awaited<ReturnType<Api["submissions"]["get"]["query"]>>;

const shownLines = ({ submissionId, study, title, sequences }: Shown): readonly string[] => [
  `${submissionId}  ${study}  ${title}`,
  ...sequences.flatMap(({ sequence, files, findings, packets, isOpen }) => [
    `sequence ${sequence}${isOpen ? "" : ", released: it stays as it is"}`,
    ...files.map(({ path, documentId, version, signatures }) => `  ${path}  ${documentId} version ${version}, ${signatures} signature${signatures === 1 ? "" : "s"}`),
    ...findings.map(({ path, finding, stops }) => `  ${stops ? "stops" : "note"}: ${path}: ${finding}`),
    ...packets.map(({ packetId, state, recipientName }) => `  ${packetId}  ${state}  for ${recipientName}`),
  ]),
];

/** The lines of a tree: path, document, version, and `approval` where that is needed. Empty lines and those that begin with `#` say nothing. */
function treeOf(text: string): { path: string; documentId: string; version: number; needsApproval: boolean }[] {
  return text
    .split("\n")
    .map((line, at) => ({ line: line.trim(), at: at + 1 }))
    .filter(({ line }) => line !== "" && !line.startsWith("#"))
    .map(({ line, at }) => {
      const [, path = "", documentId = "", version = "", needs] = /^(\S+)\s+(doc_[0-9a-z]{26})\s+([1-9]\d{0,5})(?:\s+(approval))?$/.exec(line) ?? [];
      if (path === "") throw new UsageError(`line ${at} of the tree isn't PATH DOCUMENT VERSION, with or without approval`);
      return { path, documentId, version: Number(version), needsApproval: needs !== undefined };
    });
}
