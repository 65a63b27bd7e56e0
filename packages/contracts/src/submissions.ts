import { z } from "zod";
import { ApprovalId } from "./approvals.ts";
import { RecipientId, Count, DocumentId, Hex64, IsoTime, Print, Reason, SealedPacketId, StudyId, SubmissionId } from "./primitives.ts";
import { strict } from "./strict.ts";
import { Evidence } from "./trail.ts";

/** Four digits. */
export const SequenceNumber = z.string().regex(/^\d{4}$/);
/** Within a sequence; what it may be is said by `pathFault` of packages/submission. */
export const TreePath = z.string().min(1).max(175);

/** What a packet has come to: `released` is approved by two people and signed, `submitted` may leave. */
export const SealedPacketState = z.enum(["prepared", "released", "sealed", "submitted"]);

/**
 * What is found about a file of a sequence. `stops`: nothing is prepared while it is so. `superseded`: a newer version is there; `unsigned`: nobody's
 * valid approval is on it.
 */
export const SequenceFinding = z.strictObject({
  path: z.string(),
  finding: z.enum(["path", "colliding", "media", "module", "gone", "broken", "unsigned", "superseded"]),
  stops: z.boolean(),
});

export const SealedPacketSummary = z.strictObject({
  packetId: SealedPacketId,
  sequence: SequenceNumber,
  recipientId: RecipientId,
  recipientName: z.string(),
  state: SealedPacketState,
  /** SHA-256 of the manifest: what is approved. */
  digest: Hex64,
  preparedAt: IsoTime,
  approvalId: ApprovalId.nullable(),
  /** Of the sealed bytes; null until they are. */
  sealed: z.strictObject({ sha256: Hex64, length: Count, at: IsoTime }).nullable(),
  submittedAt: IsoTime.nullable(),
});

export const ListSubmissionsInput = strict({});
export const ListSubmissionsOutput = strict({
  submissions: z.array(z.strictObject({ submissionId: SubmissionId, study: StudyId, title: z.string(), sequences: Count, createdAt: IsoTime })),
});

export const GetSubmissionInput = strict({ submissionId: SubmissionId });
export const GetSubmissionOutput = strict({
  submissionId: SubmissionId,
  study: StudyId,
  title: z.string(),
  createdAt: IsoTime,
  sequences: z.array(
    z.strictObject({
      sequence: SequenceNumber,
      files: z.array(
        z.strictObject({
          path: z.string(),
          documentId: DocumentId,
          version: z.int().min(1),
          needsApproval: z.boolean(),
          mediaType: z.string().nullable(),
          bytes: Count.nullable(),
          /** The document's current version. */
          newest: z.int().min(1).nullable(),
          /** Valid signatures on this version. */
          signatures: Count,
        }),
      ),
      findings: z.array(SequenceFinding),
      packets: z.array(SealedPacketSummary),
      /** Whether what stands in it may still be changed. */
      isOpen: z.boolean(),
    }),
  ),
  mayAssemble: z.boolean(),
  maySubmit: z.boolean(),
  mayDownload: z.boolean(),
});

export const CreateSubmissionInput = strict({ study: StudyId, title: Print(3, 120) });
export const CreateSubmissionOutput = strict({ submissionId: SubmissionId });
/** Adds the sequence after the last one, from 0000 on. */
export const AddSequenceInput = strict({ submissionId: SubmissionId });
export const AddSequenceOutput = strict({ sequence: SequenceNumber });

/** Puts these in the place of all that stood in the sequence. */
export const AssembleSequenceInput = strict({
  submissionId: SubmissionId,
  sequence: SequenceNumber,
  files: z.array(z.strictObject({ path: TreePath, documentId: DocumentId, version: z.int().min(1), needsApproval: z.boolean() })).max(1500),
});
export const AssembleSequenceOutput = strict({ done: z.literal(true) });

/** Makes the manifest of what would leave, with its backbone and the receipts of its signatures. */
export const PreparePacketInput = strict({ submissionId: SubmissionId, sequence: SequenceNumber, recipientId: RecipientId });
export const PreparePacketOutput = strict({ packetId: SealedPacketId, digest: Hex64, files: Count, bytes: Count });

export const GetSealedPacketInput = strict({ packetId: SealedPacketId });
/** `manifest` is the exact text whose SHA-256 is approved and which the custodian signs. */
export const GetSealedPacketOutput = strict({ ...SealedPacketSummary.shape, submissionId: SubmissionId, manifest: z.string() });

/** Asks for a packet to be released to its recipient: a second person approves its manifest with a passkey. */
export const RequestEgressInput = strict({ packetId: SealedPacketId, reason: Reason });

export const SealPacketInput = strict({ packetId: SealedPacketId });
export const SealPacketOutput = strict({ sha256: Hex64, length: Count });
/** How far a sealing is: bytes that are kept, of how many about. `kept` is null while none is under way. */
export const WatchSealingInput = strict({ packetId: SealedPacketId });
export const WatchSealingEvent = strict({ kept: Count.nullable(), of: Count });

/** Lets a sealed packet leave. */
export const SubmitPacketInput = strict({ packetId: SealedPacketId });
export const SubmitPacketOutput = strict({ done: z.literal(true), evidence: z.array(Evidence) });

/** The sealed bytes, 1 048 576 at a time: `from` is a multiple of that, and `next` null after the last. */
export const DownloadPacketInput = strict({ packetId: SealedPacketId, from: Count.default(0) });
export const DownloadPacketOutput = strict({ sha256: Hex64, length: Count, from: Count, content: z.string(), next: Count.nullable() });
