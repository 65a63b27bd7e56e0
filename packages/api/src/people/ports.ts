import type { StepUp as StepUpInput } from "@sallyport/contracts";
import type { Basis, Credential } from "@sallyport/people";
import type { z } from "zod";

/** What a step-up came to: `passkey` was verified by the custodian, whose signed note over the statement is `note`; else the api's own word. */
export interface Proven {
  readonly proof: "passkey" | "server-attested";
  readonly note: string | null;
}

export type StepUpProof = z.output<typeof StepUpInput>;

/**
 * Port: a fresh proof by a person over one act. `statement` is the act's exact text; a passkey's challenge is its SHA-256.
 *
 * Throws `stepup.failed`, or `signin.locked` where the method is locked: the counters are those of signing in. A proof counts once.
 */
export interface StepUp {
  verify(person: string, proof: StepUpProof, statement: string): Promise<Proven>;
}

/** A registration as the api verified it; the custodian reads the same bytes again. */
export interface NewCredential extends Credential {
  /** As received, base64url. */
  readonly attestationObject: string;
}

/** What a credential's storing rests on. `own`: an assertion of one that the custodian has for this person already. */
export type EnrolBasis =
  | { readonly kind: "founding"; readonly secret: string }
  | { readonly kind: "own"; readonly credentialId: string; readonly challenge: string; readonly assertion: string }
  | { readonly kind: "attested"; readonly basis: Basis };

/** Port: the custodian's own store of credentials, and the founding links that it made. All but `founding` throw `verb.refused` for what it doesn't believe. */
export interface Credentials {
  /** How many founders have yet to enrol; and which one a secret is for, null for none or one that was used. */
  founding(secret?: string): Promise<{ readonly left: number; readonly founder: 1 | 2 | null }>;
  /** Stores a person's credential with what it rests on; `null` where the person enrols with a password. Uses a founding secret up. */
  enrol(person: string, basis: EnrolBasis, credential: NewCredential | null): Promise<void>;
  /** Verifies an assertion whose challenge is SHA-256 of the statement, by the custodian's own credential; answers its signed note. */
  approve(request: {
    readonly statement: string;
    readonly person: string;
    readonly credentialId: string;
    readonly assertion: string;
  }): Promise<{ readonly note: string; readonly counter: number }>;
  /** Forgets credentials; they approve nothing any more. */
  forget(credentialIds: readonly string[], note: string | null): Promise<void>;
}

/** Port: WebAuthn ceremonies with the console as relying party. Challenges are 32 bytes in base64url; options and responses are WebAuthn's JSON. */
export interface PasskeyCeremonies {
  registrationOptions(request: {
    readonly challenge: string;
    readonly person: string;
    readonly username: string;
    readonly printedName: string;
    readonly exclude: readonly string[];
  }): Promise<string>;
  /** Throws `enrolment.refused`. */
  verifyRegistration(challenge: string, response: string): Promise<NewCredential>;
  assertionOptions(challenge: string, allow: readonly string[]): Promise<string>;
  /** Which credential an assertion says that it is of. Throws the code. */
  claimed(response: string, code: "signin.failed" | "stepup.failed"): string;
  /** Throws `signin.failed`. */
  verifyAssertion(challenge: string, credential: Credential, response: string): Promise<{ readonly counter: number }>;
}
