import { z } from "zod";
import { DeclaredDocument } from "./documents.ts";
import { PacketState } from "./packets.ts";
import { Count, Hex64, IsoTime, PacketId, StudyId } from "./primitives.ts";
import { strict } from "./strict.ts";

/** The unit in which a file is sealed, in bytes: a part is a multiple of it, or the rest of its file. */
export const UPLOAD_CHUNK_BYTES = 256 * 1024;
/** The most that one part holds, in bytes. */
export const UPLOAD_PART_BYTES = 1024 * 1024;
/** The most that the files of one packet hold together, in bytes. */
export const PACKET_BYTES_MAX = 2 ** 31;
export const PACKET_FILES_MAX = 20;
/** Uploads of one principal that may be unfinished at once. */
export const UNFINISHED_MAX = 8;

/** From 1, in the order in which the files were named. */
const FileNumber = z.int().min(1).max(PACKET_FILES_MAX);

/** A file's own name, without a path. It may say whose data the file holds, so it is stored sealed. */
const FileName = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[^\p{Cc}\p{Cs}/\\]+$/u);

/** A file is a dataset unless it says that it is a document. */
export const BeginUploadInput = strict({
  study: StudyId,
  files: z
    .array(z.strictObject({ name: FileName, bytes: z.int().min(1).max(PACKET_BYTES_MAX), document: DeclaredDocument.optional() }))
    .min(1)
    .max(PACKET_FILES_MAX)
    .refine((files) => files.reduce((sum, { bytes }) => sum + bytes, 0) <= PACKET_BYTES_MAX),
});

const progress = {
  packetId: PacketId,
  study: StudyId,
  state: PacketState,
  beganAt: IsoTime,
  /** What isn't completed by then is abandoned, and its bytes are removed. */
  expiresAt: IsoTime,
  /** The most that one part may hold. */
  partBytes: Count,
  /** `received` is the offset that is next. */
  files: z.array(z.strictObject({ n: FileNumber, bytes: Count, received: Count })),
};

/** How far an upload has come, and how it went on. */
export const UploadProgress = strict(progress);
export const UploadProgressInput = strict({ packetId: PacketId });

export const UnfinishedUploadsInput = strict({ study: StudyId.optional() });
/** Newest first. */
export const UnfinishedUploadsOutput = strict({ items: z.array(z.strictObject(progress)) });

/** One part of one file; the bytes come beside it (docs/spec/upload-v1.md). */
export const UploadPartInput = strict({ packetId: PacketId, file: FileNumber, offset: z.int().min(0).max(PACKET_BYTES_MAX) });
/** The offset that is next. */
export const UploadPartOutput = strict({ received: Count });

/** One digest for each file, in order. */
export const CompleteUploadInput = strict({
  packetId: PacketId,
  files: z
    .array(z.strictObject({ n: FileNumber, sha256: Hex64 }))
    .min(1)
    .max(PACKET_FILES_MAX),
});

export const AbandonUploadInput = strict({ packetId: PacketId });
export const AbandonUploadOutput = strict({ packetId: PacketId, state: z.literal("abandoned") });
