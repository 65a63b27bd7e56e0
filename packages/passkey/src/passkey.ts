/** A credential as it is stored: what an assertion of it is verified by. */
export interface Passkey {
  /** Base64url, in its one spelling. */
  readonly credentialId: string;
  /** COSE_Key (RFC 9052 §7) of Ed25519 or P-256, base64url. */
  readonly publicKey: string;
  /** The authenticator's count of signatures when it was last seen; 0 where it keeps none. */
  readonly counter: number;
}

/** The rules that a test leaves out to show what each is for. Production takes {@link strictRules}, which is the default everywhere. */
export interface PasskeyRules {
  /** The authenticator says that it verified its user (biometrics or PIN), not only that somebody touched it. */
  readonly userVerified: boolean;
  /** A count that doesn't go up tells of a copy (WebAuthn Level 3 §6.1.1). */
  readonly counter: boolean;
}
export const strictRules: PasskeyRules = { userVerified: true, counter: true };

/** COSE algorithms that credentials may have: EdDSA (-8) first, ES256 (-7). */
export const ALGORITHMS: readonly number[] = [-8, -7];

export const CHALLENGE_BYTES = 32;
