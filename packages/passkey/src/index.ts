export { type AssertionCode, assertionOptions, type AssertionRequest, type ClaimedAssertion, claimedAssertion, verifyAssertion } from "./assertion.ts";
export { readAttestation } from "./attestation.ts";
export { CHALLENGE_BYTES, type Passkey, type PasskeyRules, strictRules } from "./passkey.ts";
export { type RegisteredPasskey, registrationOptions, type RegistrationRequest, verifyRegistration } from "./registration.ts";
export { type RelyingParty, relyingParty } from "./relying-party.ts";
export { isCredentialId } from "./response-json.ts";
