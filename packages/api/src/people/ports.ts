import type { StepUp as StepUpInput } from "@sallyport/contracts";
import type { Credential } from "@sallyport/people";
import type { z } from "zod";

/** What a step-up came to: `passkey` was verified by the custodian, whose signed note over the statement is `note`; else the api's own word. */
export interface Proven {
  readonly proof: "passkey" | "server-attested";
  readonly note: string | null;
}

export type StepUpProof = z.output<typeof StepUpInput>;

/**
 * Port: a fresh proof by a person over one act. Throws `stepup.failed`, or `signin.locked` where the method is locked: the counters are
 * those of signing in. A proof counts once.
 */
export interface StepUp {
  /** Over an approval's statement: a passkey's challenge is the SHA-256 of its exact text, and the custodian verifies it. */
  verify(person: string, proof: StepUpProof, statement: string): Promise<Proven>;
  /** Over a document's manifest, in the same way: what the custodian verifies, it countersigns (docs/spec/signature-v1.md). */
  sign(person: string, proof: StepUpProof, manifest: string): Promise<Proven>;
  /** Over an act that the custodian has no part in: a passkey's challenge is this digest (hex), and the api verifies it. */
  attest(person: string, proof: StepUpProof, digest: string): Promise<void>;
  /** Over what the custodian alone decides: `add` hands the assertion to it, which verifies it; null where a password was the proof. */
  withOwn(person: string, proof: StepUpProof, add: (response: string | null) => Promise<unknown>): Promise<void>;
}

/** What a credential's storing rests on. A null is the api's own word. */
export type EnrolBasis =
  | { readonly kind: "founding"; readonly secret: string }
  /** An assertion by another credential of this person, over the new one's digest. */
  | { readonly kind: "own"; readonly response: string | null }
  /** The digest of the approved statement. */
  | { readonly kind: "invitation" | "recovery"; readonly approval: string | null };

/** Port: the custodian's own store of credentials, and the founding links that it made (docs/spec/custody-v1.md, verb `approve`). */
export interface Credentials {
  /** How many founders have yet to enrol; and whose link a secret is from while it is unused, else null. */
  founding(secret?: string): Promise<{ readonly foundersLeft: number; readonly founder: 1 | 2 | null }>;
  /** Takes in a credential by its attestation object (base64url), or none where a founder enrols a password. Uses a founding secret up. */
  enrol(person: string, attestation: string | null, basis: EnrolBasis): Promise<{ readonly foundersLeft: number }>;
  /** Verifies an assertion over SHA-256 of the statement by the custodian's own credential; answers its signed note. Throws `stepup.failed`. */
  approve(statement: string, person: string, response: string): Promise<{ readonly note: string }>;
  /** Verifies a signature over SHA-256 of the manifest likewise; answers its signed note. Throws `stepup.failed`, `signature.challenge`, `policy.separation`. */
  sign(manifest: string, response: string): Promise<{ readonly note: string }>;
  /**
   * Ends the incidents that an approved statement names; `response` is the requester's own assertion over its SHA-256. The same again answers the same.
   * Throws `stepup.failed`, `verb.refused`.
   */
  release(statement: string, response: string): Promise<unknown>;
  /**
   * Puts down that the generation which an approved statement names was archived, and has its records removed; `response` is the requester's own assertion
   * over the statement's SHA-256, `manifest` the bundle's. The same again answers the same note. Throws `stepup.failed`, `verb.refused`, `trail.unavailable`.
   */
  archive(statement: string, response: string, manifest: string): Promise<{ readonly note: string }>;
  /** Ends credentials of a person for good. */
  forget(person: string, credentialIds: readonly string[], approval: string | null): Promise<unknown>;
}

/** A registration as the api verified it; the custodian reads the same bytes again. */
export interface NewCredential extends Credential {
  /** As received, base64url. */
  readonly attestationObject: string;
}

/** Port: WebAuthn ceremonies with the console as relying party. Challenges are 32 bytes; options and responses are WebAuthn's JSON. */
export interface PasskeyCeremonies {
  registrationOptions(request: {
    readonly challenge: Buffer;
    readonly person: string;
    readonly username: string;
    readonly printedName: string;
    readonly exclude: readonly string[];
  }): Promise<string>;
  /** Throws `enrolment.refused`. */
  verifyRegistration(challenge: Buffer, response: string): Promise<NewCredential>;
  assertionOptions(challenge: Buffer, allow: readonly string[]): Promise<string>;
  /** Which credential an assertion says that it is of. Throws the code. */
  claimed(response: string, code: "signin.failed" | "stepup.failed"): string;
  /** Answers the count that the credential has now. Throws the code. */
  verifyAssertion(challenge: Buffer, credential: Credential, response: string, code: "signin.failed" | "stepup.failed"): Promise<number>;
}

/** What goes to an external provider with one authorisation request, and what its answer is held against. */
export interface ProviderRequest {
  /** RFC 6749 §4.1.1, and RFC 9700 §4.7. */
  readonly state: string;
  /** OpenID Connect Core 1.0 §3.1.2.1. */
  readonly nonce: string;
  /** RFC 7636 §4.1; the request itself holds its SHA-256. */
  readonly verifier: string;
}

/** Port: the external provider that people may sign in by (OpenID Connect, authorisation code flow). */
export interface IdentityProvider {
  readonly issuer: string;
  /** Where the browser goes. Throws `service.unavailable` where the provider can't be reached in time. */
  authorizationUrl(request: ProviderRequest): Promise<string>;
  /**
   * Redeems what the provider sent the browser back with, and verifies the id token: signature, issuer, audience, nonce, expiry, and that its
   * person signed in there just now. Null for anything that proves nobody. Throws `service.unavailable` as above.
   */
  identify(query: string, request: ProviderRequest): Promise<{ readonly issuer: string; readonly subject: string } | null>;
}

/** Port: short tokens, minted by the custodian and bound to the certificate of who carries them. */
export interface TokenMint {
  mint(request: {
    readonly sub: string;
    readonly scope: string;
    readonly azp: string;
    readonly x5t: string;
  }): Promise<{ readonly token: string; readonly jti: string; readonly expS: number }>;
}
