import { z } from "zod";
import { Count, Cursor, DocumentId, Hex64, IsoTime, PacketId, PageLimit, SiteId, StudyId } from "./primitives.ts";
import { strict } from "./strict.ts";

/** What a document may be: resource types of the policy, each with rights of its own. */
export const DOCUMENT_TYPES = ["ectd_sequence", "irb_correspondence", "investigator_credential"] as const;
export const DocumentType = z.enum(DOCUMENT_TYPES);

/** What is taken as a document; told by its content alone. */
export const DocumentMedia = z.enum(["application/pdf", "application/xml", "application/zip"]);

/** What a file is that is no dataset. Without a site it is the whole study's. `replaces` makes it a new version of that document. */
export const DeclaredDocument = z.strictObject({ type: DocumentType, site: SiteId.nullable(), replaces: DocumentId.nullable().default(null) });

/** The same of a file that was read; `sha256` names a version. */
export const ReceivedDocument = z.strictObject({ type: DocumentType, site: SiteId.nullable(), replaces: DocumentId.nullable(), mediaType: DocumentMedia, sha256: Hex64 });

/** Documents that a release makes, gives a new version, and finds stored already. */
export const DocumentCounts = z.strictObject({ created: Count, updated: Count, unchanged: Count });

export const ListDocumentsInput = strict({ study: StudyId.optional(), site: SiteId.optional(), cursor: Cursor.optional(), limit: PageLimit });

/** The current version of each. The file's own name may say whose it is, and is masked. */
export const ListDocumentsOutput = strict({
  items: z.array(
    z.strictObject({
      documentId: DocumentId,
      type: DocumentType,
      study: StudyId,
      site: SiteId.nullable(),
      version: z.int().min(1),
      name: z.strictObject({ state: z.literal("masked"), mask: z.string() }),
      mediaType: DocumentMedia,
      bytes: Count,
      sha256: Hex64,
      packetId: PacketId,
      releasedBy: z.string(),
      releasedByName: z.string().nullable(),
      releasedAt: IsoTime,
    }),
  ),
  total: Count,
  next: Cursor.nullable(),
});
