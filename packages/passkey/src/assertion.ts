import { decodeBase64url } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import { type AuthenticationResponseJSON, generateAuthenticationOptions, verifyAuthenticationResponse } from "@simplewebauthn/server";
import { CHALLENGE_BYTES, type Passkey, type PasskeyRules, strictRules } from "./passkey.ts";
import type { RelyingParty } from "./relying-party.ts";
import { assertTopLevel, base64urlMember, parseResponse, requiredMember } from "./response-json.ts";

/** How a refusal is told: nothing says what was wrong, only what it was for. */
export type AssertionCode = "signin.failed" | "stepup.failed";

export interface AssertionRequest {
  readonly party: RelyingParty;
  /** 32 bytes: random for a sign-in, the digest of an act for a step-up. */
  readonly challenge: Uint8Array;
  /** Credential ids that may answer; none for a sign-in, so that nobody's credentials are told. */
  readonly allow: readonly string[];
  readonly timeoutMs: number;
}

/** What an assertion says of itself, unproven: enough to find the credential that it must be verified by. */
export interface ClaimedAssertion {
  readonly credentialId: string;
  /** The handle that was given at registration; null where the authenticator doesn't tell. */
  readonly userHandle: string | null;
}

/** Options for `navigator.credentials.get()` as `PublicKeyCredentialRequestOptionsJSON`, user verification required. */
export async function assertionOptions({ party, challenge, allow, timeoutMs }: AssertionRequest): Promise<string> {
  const options = await generateAuthenticationOptions({
    rpID: party.id,
    challenge: new Uint8Array(challenge),
    timeout: timeoutMs,
    userVerification: "required",
    allowCredentials: allow.map((id) => ({ id })),
  });
  return JSON.stringify(options);
}

/** Reads which credential an assertion claims to be of. @throws the given code. */
export function claimedAssertion(response: string, code: AssertionCode): ClaimedAssertion {
  const { id, response: members } = parseResponse(response, code);
  const handle = base64urlMember(members, "userHandle", code);
  return { credentialId: id, userHandle: handle === undefined || handle === "" ? null : (decodeBase64url(handle) as Buffer).toString("utf8") };
}

/**
 * Verifies an assertion (WebAuthn Level 3 §7.2) of this credential over this challenge: our origin and relying party, not in another
 * site's frame, user verified, a count that went up where one is kept.
 *
 * @param response - `AuthenticationResponseJSON`.
 * @returns the count to store; the assertion is good once only if it is stored before anything rests on it, or the challenge is consumed.
 * @throws the given code, whatever was wrong; the context says what, for tests and operators.
 */
export async function verifyAssertion(
  expected: { readonly party: RelyingParty; readonly challenge: Uint8Array; readonly passkey: Passkey; readonly code: AssertionCode },
  response: string,
  rules: PasskeyRules = strictRules,
): Promise<{ readonly counter: number }> {
  const { party, challenge, passkey, code } = expected;
  if (challenge.length !== CHALLENGE_BYTES) throw new RangeError("a challenge has 32 bytes");
  const { id, response: members } = parseResponse(response, code);
  if (id !== passkey.credentialId) throw new SallyportError(code, { why: "other credential" });
  const clientDataJSON = requiredMember(members, "clientDataJSON", code);
  const authenticatorData = requiredMember(members, "authenticatorData", code);
  const signature = requiredMember(members, "signature", code);
  assertTopLevel(clientDataJSON, code);
  const assertion: AuthenticationResponseJSON = { id, rawId: id, type: "public-key", clientExtensionResults: {}, response: { clientDataJSON, authenticatorData, signature } };
  try {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: assertion,
      expectedChallenge: Buffer.from(challenge).toString("base64url"),
      expectedOrigin: party.origin,
      expectedRPID: party.id,
      requireUserVerification: rules.userVerified,
      credential: { id, publicKey: new Uint8Array(Buffer.from(passkey.publicKey, "base64url")), counter: rules.counter ? passkey.counter : 0 },
    });
    if (!verified) throw new SallyportError(code, { why: "signature" });
    return { counter: authenticationInfo.newCounter };
  } catch (error) {
    throw error instanceof SallyportError ? error : new SallyportError(code, { why: "ceremony" }, error);
  }
}
