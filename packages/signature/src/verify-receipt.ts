import {
  type AuditRecord,
  type BundleVerdict,
  chainOf,
  handedOverFrom,
  handedOverLines,
  isPinOf,
  type KnownKey,
  knownKey,
  NOTHING_FOUND,
  provenAt,
  type ProvenRecord,
  verifyRecordProof,
} from "@sallyport/audit";
import { codeOf, SallyportError } from "@sallyport/errors";
import { manifestDigest, readSignatureManifest, type SignatureManifest } from "./signature-manifest.ts";
import type { SignatureNote } from "./signature-note.ts";
import { parseReceipt, type SignatureReceipt } from "./signature-receipt.ts";
import { isOwnApproval, type SignatureRules, strictSignatureRules, verifySignature } from "./verify-signature.ts";

/** What a receipt is held against beside the signature in it. A test that shows what one is for leaves it out. */
export interface ReceiptRules extends SignatureRules {
  /** The record that is proven is the one of this signature. */
  readonly recorded: boolean;
  /** The proof is by the receipt's very key. */
  readonly oneKey: boolean;
  /** The fingerprint that was given is that of the receipt's key, or of one behind it. */
  readonly pin: boolean;
}
export const strictReceiptRules: ReceiptRules = { ...strictSignatureRules, recorded: true, oneKey: true, pin: true };

/** What a receipt that holds says. */
interface Found {
  readonly manifest: SignatureManifest;
  /** Null where the signature is the server's word. */
  readonly note: SignatureNote | null;
  readonly proven: ProvenRecord;
}

/** A verdict on a receipt: that of an export of one record, and what was signed; null where nothing of it is to be believed. */
export interface ReceiptVerdict extends BundleVerdict {
  readonly signature: {
    readonly manifest: SignatureManifest;
    readonly standing: "proven" | "attested" | null;
    /** By the custodian's clock. */
    readonly signedAt: string;
  } | null;
}

/** What is found of a receipt that doesn't hold: of its signature, its notes, or its record. */
const REFUSED: ReadonlySet<string> = new Set(["signature.invalid", "note.invalid", "trail.unreadable"]);

const invalid = (why: string): SallyportError => new SallyportError("signature.invalid", { why });

/**
 * Verifies a receipt offline, with public keys alone: the signature, and that the trail holds its record.
 *
 * @param options.fingerprint - That of the deployment's key, or of an earlier one that handovers lead from, obtained elsewhere. Without it the receipt is shown to agree with itself, not whose it is.
 * @param options.witness - A witness's verifier key, obtained elsewhere: the receipt doesn't hold where this one didn't cosign the checkpoint in it.
 */
export function verifyReceipt(text: string, options: { readonly fingerprint?: string; readonly witness?: string } = {}, rules: ReceiptRules = strictReceiptRules): ReceiptVerdict {
  let fingerprint: string | null = null;
  try {
    const receipt = parseReceipt(text);
    const key = keyOf(receipt);
    fingerprint = key.fingerprint;
    if (rules.pin && !isPinOf(options.fingerprint, key)) throw invalid("another key than the one that was given");
    const { witness } = options;
    if (witness !== undefined && provenAt(receipt.proof, witness) === null) throw invalid("the witness that was given didn't cosign its checkpoint");
    return whole(found(receipt, key, rules), key, options.fingerprint);
  } catch (error) {
    if (!(error instanceof SallyportError) || !REFUSED.has(error.code)) throw error;
    const why = error.code === "signature.invalid" ? String(error.context["why"]) : "proof";
    return {
      ...NOTHING,
      breaks: [{ chain: "", generation: 0, seq: 0, kind: "altered", why: `the receipt doesn't hold: ${why}` }],
      fingerprint,
      pinned: options.fingerprint !== undefined,
    };
  }
}

function keyOf(receipt: SignatureReceipt): KnownKey {
  try {
    return knownKey(receipt);
  } catch (error) {
    if (codeOf(error) === "note.invalid") throw invalid("key");
    throw error;
  }
}

function found({ manifest: text, assertion, note, proof }: SignatureReceipt, { fingerprint, behind: vkeys }: KnownKey, rules: ReceiptRules): Found {
  const proven = verifyRecordProof(proof);
  if (rules.oneKey && proven.fingerprint !== fingerprint) throw invalid("the record is under another key");
  const signed = assertion === null || note === null ? serversWord(text, rules) : verifySignature({ manifest: text, assertion, note }, { vkeys }, rules);
  if (rules.recorded && !isSigningRecord(proven.record, text)) throw invalid("the record is another one's");
  return { ...signed, proven };
}

/** Whether a record is the one of exactly this manifest: of its deployment, chain, document and signature, under its digest. */
export function isSigningRecord({ deployment, chain, action, decision, resource, detail }: SigningRecord, text: string): boolean {
  const manifest = readSignatureManifest(text);
  if (manifest === null) return false;
  const details = detail.split(";");
  return (
    deployment === manifest.deployment &&
    chain === chainOf(manifest) &&
    action === "submission.sign" &&
    decision === "allow" &&
    resource === manifest.document &&
    details.includes(`signature=${manifest.signature}`) &&
    details.includes(`digest=${manifestDigest(text)}`)
  );
}

/** What of a record tells whose it is. */
export type SigningRecord = Pick<AuditRecord, "deployment" | "chain" | "action" | "decision" | "resource" | "detail">;

function serversWord(text: string, rules: SignatureRules): Pick<Found, "manifest" | "note"> {
  const manifest = readSignatureManifest(text);
  if (manifest?.method !== "server-attested") throw invalid("manifest");
  if (rules.separation && isOwnApproval(manifest)) throw invalid("separation");
  return { manifest, note: null };
}

const LIMITS = [
  "That the signer read the document, or saw the same as somebody else: only which bytes were signed.",
  "That the signature wasn't revoked or superseded afterwards: ask the deployment.",
  "That the custodian itself was honest about whose passkey it is.",
];

const NOTHING: ReceiptVerdict = { whole: false, pinned: false, reads: "broken", breaks: [], ...NOTHING_FOUND, doesNotProve: LIMITS, signature: null };

function whole({ manifest, note, proven }: Found, key: KnownKey, given: string | undefined): ReceiptVerdict {
  const { fingerprint } = key;
  const pinned = given !== undefined;
  const followed = handedOverFrom(given, key);
  const { printedName, person, meaning, document, version, sha256, bytes } = manifest;
  const signedAt = note?.at ?? proven.record.timestamp_utc;
  const signer = pinned ? `the custodian of deployment ${manifest.deployment}` : "the holder of the key that the receipt names";
  const gave =
    note === null
      ? `By the word of the server alone, ${printedName} (${person}) signed by password and code.`
      : `The passkey that ${signer} held as that of ${printedName} (${person}), used at ${note.origin}, signed this manifest.`;
  return {
    whole: true,
    pinned,
    ...followed,
    reads: pinned ? "whole" : "self-consistent, key not pinned",
    breaks: [],
    deployment: manifest.deployment,
    chain: proven.record.chain,
    asOf: signedAt,
    fingerprint,
    records: 1,
    checkpoints: 1,
    generations: [],
    archived: [],
    manifest: null,
    proves: [
      ...handedOverLines(followed),
      gave,
      `It is of version ${version} of ${document}: the ${bytes} bytes whose SHA-256 is ${sha256}, and no others. It says: ${meaning}.`,
      `It was given by ${signedAt}, and is record ${proven.record.seq} of chain ${proven.record.chain}, one of the ${proven.size} that the checkpoint signs.`,
      ...(note?.standing === "proven" ? ["The custodian saw for itself how that passkey became this person's, back to the founding links."] : []),
    ],
    doesNotProve: [
      ...(pinned ? [] : [`That the key is the deployment's: compare ${fingerprint} with a fingerprint that you got elsewhere, and verify again with it.`]),
      ...(note === null ? ["That the signer gave it: no key of theirs signed. It is what the server recorded."] : []),
      ...(note?.standing === "attested" ? ["That the passkey is this person's: somewhere on the way the custodian took the api's word for it."] : []),
      ...LIMITS,
    ],
    signature: { manifest, standing: note?.standing ?? null, signedAt },
  };
}
