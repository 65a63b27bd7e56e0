import { canonicalJson, decodeBase64url, encodeBase64url, sha256 } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import { isSignedBy } from "./signer-key.ts";

const MEMBERS = ["authenticatorData", "clientDataJSON", "credentialId", "signature"] as const;
const TEXT_MAX = 16_384;
/** Of authenticator data (WebAuthn Level 3 §6.1): hash of the relying party, flags, count; an assertion may add extensions. */
const AUTHENTICATOR_BYTES_MIN = 37;
const RELYING_PARTY_BYTES = 32;
const USER_PRESENT = 0x01;
const USER_VERIFIED = 0x04;

/** An assertion as it is kept with a signature: what has to be there to check it again. */
export type SigningAssertion = Readonly<Record<(typeof MEMBERS)[number], string>>;

/** Which parts of an assertion are looked at; a test that shows what each is for leaves one out. */
export interface AssertionRules {
  readonly challenge: boolean;
  readonly origin: boolean;
  readonly userVerified: boolean;
  readonly signature: boolean;
}
export const strictAssertionRules: AssertionRules = { challenge: true, origin: true, userVerified: true, signature: true };

const invalid = (why: string): SallyportError => new SallyportError("signature.invalid", { why });
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === "object" && value !== null && !Array.isArray(value);

function parsed(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = null;
  }
  if (text.length > TEXT_MAX || !isObject(value)) throw invalid("assertion");
  return value;
}

/**
 * The text that is kept of what a browser answered: canonical JSON of the four members that a check needs, and nothing that only the browser says.
 *
 * @param response - `AuthenticationResponseJSON`. @throws SallyportError `signature.invalid` where it isn't one.
 */
export function signingAssertion(response: string): string {
  const { id, response: members } = parsed(response);
  if (!isObject(members)) throw invalid("assertion");
  const { authenticatorData, clientDataJSON, signature } = members;
  const text = canonicalJson({ authenticatorData, clientDataJSON, credentialId: id, signature });
  readSigningAssertion(text);
  return text;
}

/** Reads what is kept of an assertion, in its one spelling. @throws SallyportError `signature.invalid`. */
export function readSigningAssertion(text: string): SigningAssertion {
  const value = parsed(text);
  const isOne = Object.keys(value).join() === MEMBERS.join() && MEMBERS.every((name) => typeof value[name] === "string" && decodeBase64url(value[name]) !== null);
  if (!isOne || canonicalJson(value) !== text) throw invalid("assertion");
  return value as SigningAssertion;
}

/** Of a member that {@link readSigningAssertion} has looked at. */
const bytesOf = (member: string): Buffer => decodeBase64url(member) ?? Buffer.alloc(0);

/**
 * Checks an assertion offline: that it was made over this challenge, for this origin and not in another site's frame, with the user verified, by this key
 * (WebAuthn Level 3 §7.2, steps 10 to 20; the count is for who saw the last one).
 *
 * @param digest - 64 lower-case hex digits, whose bytes are the challenge. @param key - As {@link signerKeyOf} spells it.
 * @throws SallyportError `signature.invalid`.
 */
export function checkAssertion(
  { authenticatorData, clientDataJSON, signature }: SigningAssertion,
  { digest, origin, key }: { readonly digest: string; readonly origin: string; readonly key: string },
  rules: AssertionRules = strictAssertionRules,
): void {
  const clientBytes = bytesOf(clientDataJSON);
  const client = parsed(clientBytes.toString("utf8"));
  if (client["type"] !== "webauthn.get") throw invalid("type");
  if (rules.challenge && client["challenge"] !== encodeBase64url(Buffer.from(digest, "hex"))) throw invalid("challenge");
  if (rules.origin && (client["origin"] !== origin || (client["crossOrigin"] ?? false) !== false || client["topOrigin"] !== undefined)) throw invalid("origin");
  const authenticator = bytesOf(authenticatorData);
  if (authenticator.length < AUTHENTICATOR_BYTES_MIN) throw invalid("authenticator");
  const flags = authenticator.readUInt8(RELYING_PARTY_BYTES);
  if (rules.origin && !authenticator.subarray(0, RELYING_PARTY_BYTES).equals(sha256(new URL(origin).hostname))) throw invalid("relying party");
  if (rules.userVerified && ((flags & USER_PRESENT) === 0 || (flags & USER_VERIFIED) === 0)) throw invalid("user");
  const isSigned = isSignedBy(key, Buffer.concat([authenticator, sha256(clientBytes)]), bytesOf(signature));
  if (rules.signature && !isSigned) throw invalid("signature");
}
