import { z } from "zod";
import { DocumentMedia, DocumentType } from "./documents.ts";
import { PersonId, StepUp } from "./people.ts";
import { CeremonyName, Count, DocumentId, Hex64, IsoTime, Reason, SignatureId, SiteId, StudyId } from "./primitives.ts";
import { strict } from "./strict.ts";
import { Evidence } from "./trail.ts";

/** What a signature says of the document (21 CFR 11.50(a)(3)). */
export const MEANINGS = ["authorship", "review", "approval", "responsibility"] as const;
export const Meaning = z.enum(MEANINGS);

const Version = z.int().min(1).max(1_000_000);

/**
 * A signature as it stands. `broken` is one that doesn't verify beside this document, and `why` says what doesn't hold; nothing that it says of itself is
 * to be believed then. `unproven` is the server's word of which the trail's record isn't to be found: it was archived, or isn't searched yet. `standing` is what the custodian's countersignature says of the passkey, null where the signature is the server's word.
 */
export const SignatureSummary = z.strictObject({
  signatureId: SignatureId,
  version: Version,
  state: z.enum(["valid", "revoked", "superseded", "unproven", "broken"]),
  why: z.string().nullable(),
  meaning: Meaning,
  method: z.enum(["passkey", "server-attested"]),
  standing: z.enum(["proven", "attested"]).nullable(),
  personId: PersonId,
  /** As it was when it was signed. */
  printedName: z.string(),
  signedAt: IsoTime,
  digest: Hex64,
  /** Its exact text (docs/spec/signature-v1.md). */
  manifest: z.string(),
  supersedes: SignatureId.nullable(),
  supersededBy: SignatureId.nullable(),
  revokedAt: IsoTime.nullable(),
  isMine: z.boolean(),
});

export const GetDocumentInput = strict({ documentId: DocumentId });

/** A document's versions, the newest first, each with its signatures. `isShown`: all of it was handed out in this session, so it may be signed. */
export const GetDocumentOutput = strict({
  documentId: DocumentId,
  type: DocumentType,
  study: StudyId,
  site: SiteId.nullable(),
  maySign: z.boolean(),
  versions: z.array(
    z.strictObject({
      version: Version,
      mediaType: DocumentMedia,
      bytes: Count,
      sha256: Hex64,
      releasedByName: z.string().nullable(),
      releasedAt: IsoTime,
      isMine: z.boolean(),
      isShown: z.boolean(),
      signatures: z.array(SignatureSummary),
    }),
  ),
});

/** A piece of a version's bytes, from a byte on; a whole number of pieces lies before it. */
export const ViewDocumentInput = strict({ documentId: DocumentId, version: Version, from: Count.default(0), purpose: z.enum(["view", "download"]) });
/** `content` is base64; `next` is where the next piece begins, null after the last. */
export const ViewDocumentOutput = strict({
  documentId: DocumentId,
  version: Version,
  mediaType: DocumentMedia,
  bytes: Count,
  sha256: Hex64,
  from: Count,
  content: z.base64(),
  next: Count.nullable(),
});

export const SigningStatementInput = strict({});
/** By what one takes one's signatures to be binding; `acceptedAt` is null until one has. */
export const SigningStatementOutput = strict({ text: z.string(), digest: Hex64, acceptedAt: IsoTime.nullable() });

export const AcceptStatementInput = strict({ digest: Hex64 });
export const AcceptStatementOutput = strict({ acceptedAt: IsoTime });

/** `sha256` is of the bytes that were shown; `supersedes` a signature of one's own that this one stands instead of. */
export const BeginSignatureInput = strict({ documentId: DocumentId, version: Version, sha256: Hex64, meaning: Meaning, supersedes: SignatureId.optional() });
/** What is to be signed, once, in this session, until `expiresAt`. `options` are a passkey's, over the manifest's digest; null where one signs by password and code. */
export const BeginSignatureOutput = strict({ ceremony: z.string(), manifest: z.string(), digest: Hex64, options: z.string().nullable(), expiresAt: IsoTime });

/** `read`: all of it was shown to the signer where they sign, or they state that they read the copy that they saved. It stands in the record of the signing. */
export const CompleteSignatureInput = strict({ documentId: DocumentId, ceremony: CeremonyName, read: z.enum(["shown", "copy"]), proof: StepUp });
export const CompleteSignatureOutput = strict({ signature: SignatureSummary, evidence: z.array(Evidence) });

export const ReceiptInput = strict({ documentId: DocumentId, signatureId: SignatureId });
/** A receipt's file (docs/spec/signature-receipt-v1.md), and what it is called; `fingerprint` is of the key that it is held against. */
export const ReceiptOutput = strict({ receipt: z.string(), fileName: z.string(), fingerprint: z.string() });

/** A passkey's challenge is the SHA-256 of `sallyport/revoke/v1`, the person and the signature, each with its LF. */
export const RevokeSignatureInput = strict({ documentId: DocumentId, signatureId: SignatureId, reason: Reason, proof: StepUp });
export const RevokeSignatureOutput = strict({ signature: SignatureSummary, evidence: z.array(Evidence) });
