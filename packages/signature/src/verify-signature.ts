import { checkpointKeyName, openNote, parseVkey } from "@sallyport/audit";
import { codeOf, SallyportError } from "@sallyport/errors";
import { MANIFEST_MEMBERS, manifestDigest, readSignatureManifest, type SignatureManifest, SIGNING_MS } from "./signature-manifest.ts";
import { parseSignatureNote, type SignatureNote } from "./signature-note.ts";
import { type AssertionRules, checkAssertion, readSigningAssertion, strictAssertionRules } from "./signing-assertion.ts";

/** A signature as it is stored and handed on: three texts, of which none is believed for what it says of itself. */
export interface SignedManifest {
  /** The manifest's exact text. */
  readonly manifest: string;
  /** As `signingAssertion` makes it. */
  readonly assertion: string;
  /** The custodian's signed note. */
  readonly note: string;
}

/** What a signature rests on, each by itself. A test that shows what one is for leaves it out; everything else takes {@link strictSignatureRules}. */
export interface SignatureRules extends AssertionRules {
  /** The manifest is about what it stands beside. */
  readonly place: boolean;
  /** The custodian's note is about this manifest, person and passkey. */
  readonly countersigned: boolean;
  /** It was given within the time of its manifest. */
  readonly inTime: boolean;
  /** An author doesn't approve. */
  readonly separation: boolean;
}
export const strictSignatureRules: SignatureRules = { ...strictAssertionRules, place: true, countersigned: true, inTime: true, separation: true };

export interface VerifiedSignature {
  readonly manifest: SignatureManifest;
  readonly note: SignatureNote;
}

/** The clock of who made the manifest may be so far ahead of the custodian's. */
export const SKEW_MS = 5_000;

const invalid = (why: string): SallyportError => new SallyportError("signature.invalid", { why });

/**
 * Verifies a signature with public keys alone: the signer's passkey signed this manifest, the custodian held that passkey as this person's and says
 * when, and the manifest is about what it stands beside.
 *
 * @param vkeys - The verifier keys of the deployment that count: its own, and those behind it (docs/spec/handover-v1.md). @param beside - What is known of the document and the signature from elsewhere; whatever is given has to be what the manifest says.
 * @throws SallyportError `signature.invalid`, whose context says what doesn't hold.
 */
export function verifySignature(
  { manifest: text, assertion, note: signed }: SignedManifest,
  { vkeys, beside = {} }: { readonly vkeys: readonly string[]; readonly beside?: Partial<SignatureManifest> },
  rules: SignatureRules = strictSignatureRules,
): VerifiedSignature {
  const manifest = readSignatureManifest(text);
  if (manifest === null || manifest.method !== "passkey") throw invalid("manifest");
  const elsewhere = MANIFEST_MEMBERS.find((name) => beside[name] !== undefined && beside[name] !== manifest[name]);
  if (rules.place && elsewhere !== undefined) throw invalid(`other ${elsewhere}`);
  const note = opened(signed, vkeys);
  const digest = manifestDigest(text);
  const kept = readSigningAssertion(assertion);
  const isOfThis =
    note.digest === digest &&
    note.person === manifest.person &&
    note.deployment === manifest.deployment &&
    note.credentialId === kept.credentialId &&
    vkeys.every((vkey) => parseVkey(vkey).name === checkpointKeyName(manifest.deployment));
  if (rules.countersigned && !isOfThis) throw invalid("countersignature");
  const lateMs = Date.parse(note.at) - Date.parse(manifest.preparedAt);
  if (rules.inTime && (lateMs < -SKEW_MS || lateMs >= SIGNING_MS)) throw invalid("time");
  if (rules.separation && isOwnApproval(manifest)) throw invalid("separation");
  checkAssertion(kept, { digest, origin: note.origin, key: note.key }, rules);
  return { manifest, note };
}

/** Whether an author approves their own document. */
export const isOwnApproval = ({ meaning, person, author }: Pick<SignatureManifest, "meaning" | "person" | "author">): boolean => meaning === "approval" && person === author;

function opened(signed: string, vkeys: readonly string[]): SignatureNote {
  try {
    return parseSignatureNote(openNote(signed, vkeys));
  } catch (error) {
    if (codeOf(error) === "note.invalid") throw invalid("countersignature");
    throw error;
  }
}
