import { decodeBase64url, sha256 } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import { decodeAttestationObject, decodeCredentialPublicKey, parseAuthenticatorData } from "@simplewebauthn/server/helpers";
import { type Passkey, type PasskeyRules, strictRules } from "./passkey.ts";
import type { RelyingParty } from "./relying-party.ts";
import { isCredentialId } from "./response-json.ts";
import { isSoundKey } from "./sound-key.ts";

const ATTESTATION_CHARS_MAX = 8192;

const refuse = (why: string, cause?: unknown): SallyportError => new SallyportError("enrolment.refused", { why }, cause);

/**
 * Reads the new credential out of an attestation object (WebAuthn Level 3 §6.5.4): made for this relying party, its user verified,
 * its key sound, and without an attestation by anybody but the credential itself, since none was asked for. Chains of certificates
 * in particular are never looked at: they name addresses that a verifier would fetch from.
 *
 * @param text - Base64url.
 * @throws `enrolment.refused`.
 */
export function readAttestation(party: RelyingParty, text: string, rules: PasskeyRules = strictRules): Passkey {
  const bytes = text.length > ATTESTATION_CHARS_MAX ? null : decodeBase64url(text);
  if (bytes === null) throw refuse("attestation");
  try {
    const attestation = decodeAttestationObject(new Uint8Array(bytes));
    const statement = attestation.get("attStmt");
    const isOwnWord = attestation.get("fmt") === "none" ? statement.size === 0 : attestation.get("fmt") === "packed" && statement.get("x5c") === undefined;
    if (!isOwnWord) throw refuse("attestation format");
    const { rpIdHash, flags, counter, credentialID, credentialPublicKey } = parseAuthenticatorData(attestation.get("authData"));
    if (!sha256(party.id).equals(rpIdHash)) throw refuse("relying party");
    if (!flags.up || (rules.userVerified && !flags.uv)) throw refuse("user verification");
    if (credentialID === undefined || credentialPublicKey === undefined) throw refuse("no credential");
    const credentialId = Buffer.from(credentialID).toString("base64url");
    if (!isCredentialId(credentialId)) throw refuse("credential id");
    if (!isSoundKey(decodeCredentialPublicKey(credentialPublicKey) as unknown as ReadonlyMap<unknown, unknown>)) throw refuse("key");
    return { credentialId, publicKey: Buffer.from(credentialPublicKey).toString("base64url"), counter };
  } catch (error) {
    throw error instanceof SallyportError ? error : refuse("attestation", error);
  }
}
