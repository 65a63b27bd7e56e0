import { GetSealedPacketInput, GetSealedPacketOutput, GetSubmissionInput, GetSubmissionOutput, ListSubmissionsInput, ListSubmissionsOutput } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import type { Action } from "@sallyport/policy";
import { packetState } from "@sallyport/submission";
import type { Boundary } from "../../boundary/procedure.ts";
import type { ApiDeps } from "../../ports.ts";
import { sealedPacketSummary } from "../../submissions/packet-summary.ts";
import { type KnownFile, knownFiles, sequenceFindings } from "../../submissions/sequence-findings.ts";
import { locateSubmission } from "../../submissions/submission-place.ts";
import { locateSites } from "../site-place.ts";

/** By what a submission is looked at. */
export const READ = { action: "document.read", resource: "ectd_sequence" } as const;
const iso = (ms: number): string => new Date(ms).toISOString();

/** The submissions of the studies that the caller reaches whole, newest first. */
export const listSubmissions = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read({ ...READ, input: ListSubmissionsInput, output: ListSubmissionsOutput, locate: () => locateSites(deps, {}) }, async ({ grant, trace }) => {
    const rows = await deps.read((tx) => deps.submissions.list(tx, grant));
    trace.note({ shown: rows.length });
    return { submissions: rows.map(({ id, study, title, sequences, atMs }) => ({ submissionId: id, study, title, sequences, createdAt: iso(atMs) })) };
  });

/** A submission with its sequences: what stands at which path, what is to be said of it, and the packets that were made of it. */
export const getSubmission = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read(
    { ...READ, input: GetSubmissionInput, output: GetSubmissionOutput, locate: ({ submissionId }, trace) => locateSubmission(deps, submissionId, trace) },
    async ({ input: { submissionId }, grant, found, may, trace }) => {
      const { row, sequences, packets } = await deps.read(async (tx) => ({
        row: await deps.submissions.get(tx, grant, submissionId),
        sequences: await deps.submissions.sequences(tx, grant, submissionId),
        packets: await deps.submissions.packets(tx, grant, submissionId),
      }));
      if (row === null) throw new SallyportError("policy.denied");
      const known: (readonly KnownFile[])[] = [];
      for (const { documents } of sequences) known.push(await knownFiles(deps, grant, documents));
      trace.note({ sequences: sequences.length, packets: packets.length });
      const mayDo = (action: Action): boolean => may({ action, resource: "ectd_sequence" }, found);
      return {
        submissionId,
        study: row.study,
        title: row.title,
        createdAt: iso(row.atMs),
        sequences: sequences.map(({ number }, at) => {
          const files = known[at] ?? [];
          const own = packets.filter(({ sequence }) => sequence === number);
          return {
            sequence: number,
            files: files.map(({ path, document, version, needsApproval, row: file, newest, valid }) => ({
              path,
              documentId: document,
              version,
              needsApproval,
              mediaType: file?.mediaType ?? null,
              bytes: file?.bytes ?? null,
              newest,
              signatures: valid.length,
            })),
            findings: [...sequenceFindings(number, files)],
            packets: own.map(sealedPacketSummary),
            isOpen: own.every((packet) => packetState(packet) === "prepared"),
          };
        }),
        mayAssemble: mayDo("submission.assemble"),
        maySubmit: mayDo("submission.submit"),
        mayDownload: mayDo("submission.download"),
      };
    },
  );

/** A packet with the exact text of its manifest. */
export const getSealedPacket = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read(
    { ...READ, input: GetSealedPacketInput, output: GetSealedPacketOutput, locate: ({ packetId }, trace) => locateSubmission(deps, packetId, trace) },
    async ({ input: { packetId }, grant }) => {
      const row = await deps.read((tx) => deps.submissions.packet(tx, grant, packetId));
      if (row === null) throw new SallyportError("policy.denied");
      return { ...sealedPacketSummary(row), submissionId: row.submission, manifest: row.manifest };
    },
  );
