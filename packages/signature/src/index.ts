export {
  MANIFEST_MEMBERS,
  manifestDigest,
  type Meaning,
  MEANINGS,
  readSignatureManifest,
  signatureManifest,
  type SignatureManifest,
  SIGNING_METHODS,
  SIGNING_MS,
  type SigningMethod,
} from "./signature-manifest.ts";
export { parseSignatureNote, type SignatureNote, signatureNoteText } from "./signature-note.ts";
export { signerKeyOf } from "./signer-key.ts";
export { type AssertionRules, signingAssertion } from "./signing-assertion.ts";
export { isOwnApproval, type SignatureRules, type SignedManifest, SKEW_MS, strictSignatureRules, type VerifiedSignature, verifySignature } from "./verify-signature.ts";
export { parseReceipt, receiptText, type SignatureReceipt } from "./signature-receipt.ts";
export { isSigningRecord, type ReceiptRules, type ReceiptVerdict, strictReceiptRules, verifyReceipt } from "./verify-receipt.ts";
export { verifyOffline } from "./verify-offline.ts";
