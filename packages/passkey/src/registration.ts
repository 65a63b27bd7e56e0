import { SallyportError } from "@sallyport/errors";
import { generateRegistrationOptions, type RegistrationResponseJSON, verifyRegistrationResponse } from "@simplewebauthn/server";
import { readAttestation } from "./attestation.ts";
import { ALGORITHMS, type Passkey, type PasskeyRules, strictRules } from "./passkey.ts";
import type { RelyingParty } from "./relying-party.ts";
import { assertTopLevel, type Members, parseResponse, requiredMember } from "./response-json.ts";

export interface RegistrationRequest {
  readonly party: RelyingParty;
  /** 32 random bytes, for this ceremony alone. */
  readonly challenge: Uint8Array;
  /** What the authenticator hands back at sign-in; opaque, at most 64 bytes (WebAuthn Level 3 §5.4.3): the person's id. */
  readonly userHandle: string;
  readonly username: string;
  readonly printedName: string;
  /** Credentials that the person has already: the same authenticator isn't enrolled twice. */
  readonly exclude: readonly string[];
  readonly timeoutMs: number;
}

/** What was proven to exist, with what the custodian needs to see it for itself. */
export interface RegisteredPasskey extends Passkey {
  /** As it was received, base64url: the custodian reads the same bytes. */
  readonly attestationObject: string;
  /** How the browser says that the authenticator is reached; its own word, for hints only. */
  readonly transports: readonly string[];
}

const TRANSPORTS = new Set(["ble", "cable", "hybrid", "internal", "nfc", "smart-card", "usb"]);

/** Options for `navigator.credentials.create()` as `PublicKeyCredentialCreationOptionsJSON`: discoverable, user verified, no attestation. */
export async function registrationOptions({ party, challenge, userHandle, username, printedName, exclude, timeoutMs }: RegistrationRequest): Promise<string> {
  const options = await generateRegistrationOptions({
    rpName: "Sallyport",
    rpID: party.id,
    userName: username,
    userDisplayName: printedName,
    userID: new TextEncoder().encode(userHandle),
    challenge: new Uint8Array(challenge),
    timeout: timeoutMs,
    attestationType: "none",
    excludeCredentials: exclude.map((id) => ({ id })),
    authenticatorSelection: { residentKey: "required", userVerification: "required" },
    supportedAlgorithmIDs: [...ALGORITHMS],
  });
  return JSON.stringify(options);
}

/**
 * Verifies a registration (WebAuthn Level 3 §7.1): our challenge, our origin and relying party, not in another site's frame, user
 * verified, a sound key of one of our algorithms.
 *
 * @param response - `RegistrationResponseJSON`.
 * @throws `enrolment.refused`, whatever was wrong; the context says what, for tests and operators.
 */
export async function verifyRegistration(
  expected: { readonly party: RelyingParty; readonly challenge: Uint8Array },
  response: string,
  rules: PasskeyRules = strictRules,
): Promise<RegisteredPasskey> {
  const code = "enrolment.refused";
  const { id, response: members } = parseResponse(response, code);
  const clientDataJSON = requiredMember(members, "clientDataJSON", code);
  const attestationObject = requiredMember(members, "attestationObject", code);
  assertTopLevel(clientDataJSON, code);
  // Before anything else looks at it: the library would follow addresses in other forms of attestation.
  const passkey = readAttestation(expected.party, attestationObject, rules);
  const isVerified = await verified(
    { id, rawId: id, type: "public-key", clientExtensionResults: {}, response: { clientDataJSON, attestationObject } },
    { ...expected, requireUserVerification: rules.userVerified },
  );
  if (!isVerified || passkey.credentialId !== id) throw new SallyportError(code, { why: "signature" });
  return { ...passkey, attestationObject, transports: transportsOf(members) };
}

async function verified(
  response: RegistrationResponseJSON,
  expected: { readonly party: RelyingParty; readonly challenge: Uint8Array; readonly requireUserVerification: boolean },
): Promise<boolean> {
  try {
    const answer = await verifyRegistrationResponse({
      response,
      expectedChallenge: Buffer.from(expected.challenge).toString("base64url"),
      expectedOrigin: expected.party.origin,
      expectedRPID: expected.party.id,
      requireUserVerification: expected.requireUserVerification,
      supportedAlgorithmIDs: [...ALGORITHMS],
    });
    return answer.verified;
  } catch (error) {
    throw new SallyportError("enrolment.refused", { why: "ceremony" }, error);
  }
}

function transportsOf(members: Members): readonly string[] {
  const { transports } = members;
  return Array.isArray(transports) ? [...new Set(transports.filter((name): name is string => typeof name === "string" && TRANSPORTS.has(name)))].sort() : [];
}
