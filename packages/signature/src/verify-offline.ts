import { type BundleReader, type BundleVerdict, proofIn, type ProofVerdict, verifyExport, type VerifyOptions, verifyProof } from "@sallyport/audit";
import { isReceiptLine, RECEIPT_CHARS_MAX } from "./signature-receipt.ts";
import { type ReceiptVerdict, verifyReceipt } from "./verify-receipt.ts";

/**
 * Verifies whatever was handed out, offline and with public keys alone: a signature's receipt, a record's proof, an excerpt, or a bundle. Each says by itself what it is.
 *
 * @throws SallyportError `bundle.unreadable` where it is none of these; RangeError for what is no fingerprint.
 */
export async function verifyOffline(reader: BundleReader, options: VerifyOptions = {}): Promise<BundleVerdict | ReceiptVerdict | ProofVerdict> {
  const receipt = await receiptIn(reader);
  if (receipt !== null) return verifyReceipt(receipt, options);
  const proof = await proofIn(reader);
  return proof === null ? verifyExport(reader, options) : verifyProof(proof, options);
}

/** The text of what is one file, and says that it is a receipt; null for anything else. */
async function receiptIn(reader: BundleReader): Promise<string | null> {
  const [name, ...others] = await reader.list();
  if (name === undefined || others.length > 0) return null;
  let text = "";
  for await (const line of reader.lines(name)) {
    if (text === "" && !isReceiptLine(line)) return null;
    text += line;
    // Far enough to be refused for its length.
    if (text.length > RECEIPT_CHARS_MAX) break;
  }
  return text === "" ? null : text;
}
