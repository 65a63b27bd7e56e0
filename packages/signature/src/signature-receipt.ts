import { handoverMembers, readHandovers, type StatingKey } from "@sallyport/audit";
import { canonicalJson } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import type { SignedManifest } from "./verify-signature.ts";

const TYPE = "sallyport-signature-receipt";
const MEMBERS: Readonly<Record<1 | 2, string>> = { 1: "assertion,manifest,note,proof,type,v,vkey", 2: "assertion,handovers,manifest,note,proof,type,v,vkey" };
/** Longer than any receipt: a manifest, an assertion, a note, and a record with at most 63 hashes and a few cosignatures. */
export const RECEIPT_CHARS_MAX = 131_072;

/**
 * A signature as it is handed on (docs/spec/signature-receipt-v1.md). Nothing in it is to be believed before it was verified. Its key is that
 * of the proof; the note may be by one behind it.
 */
export interface SignatureReceipt extends Pick<SignedManifest, "manifest">, StatingKey {
  /** Null, as the note, where the signature is the server's word. */
  readonly assertion: string | null;
  readonly note: string | null;
  /** That the trail holds the record of this signature: a record proof (docs/spec/record-proof-v1.md). */
  readonly proof: string;
}

/** A receipt's file: one line of canonical JSON, with its newline. */
export const receiptText = ({ manifest, assertion, note, proof, vkey, handovers }: SignatureReceipt): string =>
  `${canonicalJson({ type: TYPE, ...handoverMembers(handovers), manifest, assertion, note, proof, vkey })}\n`;

/** Whether a file's first line, or its beginning, says that it is a receipt. */
export const isReceiptLine = (line: string): boolean => line.startsWith('{"assertion":') && /"type":"sallyport-signature-receipt","v":[12],/.test(line);

const isTextOrNull = (value: unknown): boolean => value === null || typeof value === "string";

/** Reads a receipt's file as far as its form goes. @throws SallyportError `signature.invalid`. */
export function parseReceipt(text: string): SignatureReceipt {
  const value = text.length > RECEIPT_CHARS_MAX ? null : inOneSpelling(text);
  const invalid = new SallyportError("signature.invalid", { why: "receipt" });
  if (typeof value !== "object" || value === null) throw invalid;
  const { type, v, manifest, assertion, note, proof, vkey, handovers: notes } = value as Record<string, unknown>;
  const handovers = readHandovers(v, notes);
  if (handovers === null || Object.keys(value).sort().join() !== MEMBERS[handovers.length === 0 ? 1 : 2]) throw invalid;
  const areTexts = [manifest, proof, vkey].every((each) => typeof each === "string") && isTextOrNull(assertion) && isTextOrNull(note);
  if (type !== TYPE || !areTexts || (assertion === null) !== (note === null)) throw invalid;
  return { manifest, assertion, note, proof, vkey, handovers } as SignatureReceipt;
}

/** The value of a text that is canonical JSON and a newline; null for any other. */
function inOneSpelling(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return `${canonicalJson(value)}\n` === text ? value : null;
  } catch {
    return null;
  }
}
