import type { Assignment } from "@sallyport/policy";

/** Where a person stands: enrolled or not yet, stopped, waiting to enrol again after a loss, or gone for good. */
export type PersonStatus = "invited" | "active" | "suspended" | "recovering" | "left";

/** How somebody proves who they are. `provider` is an external one. */
export type Method = "passkey" | "password" | "provider";

/** What an authenticator's first registration rested on. */
export type Basis = "founding" | "invitation" | "own" | "recovery";

/** A person: one human being, with one principal in the policy. Neither name is ever given to somebody else. */
export interface Person {
  /** `per_…` */
  readonly id: string;
  /** The id of the person's principal, `prn_…`. */
  readonly principal: string;
  readonly username: string;
  readonly printedName: string;
  readonly status: PersonStatus;
}

/** A person as a list shows them; nothing of it decides anything. */
export interface PersonOverview extends Person {
  readonly assignments: readonly Assignment[];
  readonly passkeys: number;
  readonly hasPassword: boolean;
  /** Sessions that are live now. */
  readonly sessions: number;
  /** Whether a lock on them holds now. */
  readonly isLocked: boolean;
  readonly lastSeenMs: number | null;
  /** The last time that somebody looked at who they are; null where nobody did. */
  readonly identity: Pick<IdentityCheck, "how" | "atMs"> | null;
}

/** By what somebody was found to be who they say they are: an official document, their employer's record, or a service that does it from afar. */
export const IDENTITY_WAYS = ["document", "employer", "remote"] as const;

/** That somebody looked at who a person is (21 CFR 11.100(b)). */
export interface IdentityCheck {
  readonly person: string;
  readonly by: string;
  readonly how: (typeof IDENTITY_WAYS)[number];
  /** Of the sealed reason, which says what was looked at. */
  readonly reason: string;
  readonly atMs: number;
}

/** What ended with somebody's leaving. */
export interface Ended {
  readonly sessions: number;
  readonly assignments: number;
  /** Of the passkeys that were removed; what else they signed in with is gone too. */
  readonly credentialIds: readonly string[];
}

/** Somebody who holds a role. */
export interface Holder {
  /** `per_…` */
  readonly id: string;
  /** Whether it has no end: somebody whose time runs out by itself can't be counted on to remain. */
  readonly isLasting: boolean;
}

/** What an authenticator is, without what it proves by. */
export interface Authenticator {
  /** `aut_…` */
  readonly id: string;
  readonly person: string;
  readonly kind: "passkey" | "password";
  readonly label: string;
  readonly basis: Basis;
  readonly addedAtMs: number;
  readonly lastUsedAtMs: number | null;
}

/** A passkey's public half (WebAuthn Level 3 §6.5). */
export interface Credential {
  /** base64url. */
  readonly credentialId: string;
  /** COSE_Key, base64url. */
  readonly publicKey: string;
  /** The signature counter that was seen last; 0 where the authenticator keeps none. */
  readonly counter: number;
}

/** A passkey as stored. */
export interface Passkey extends Authenticator, Credential {
  readonly kind: "passkey";
}

/** A password with its TOTP as stored: two components of one authenticator, never one without the other. */
export interface PasswordPair extends Authenticator {
  readonly kind: "password";
  /** PHC string of argon2id. */
  readonly hash: string;
  /** The TOTP secret, sealed for this person. */
  readonly sealedTotp: string;
  /** The last time step (RFC 6238 §4.2) whose code was taken; no step counts twice. */
  readonly lastStep: number;
}

/** Why a session ended. */
export type SessionEnd = "signed_out" | "ended_by_owner" | "ended_by_administrator" | "suspended" | "recovered" | "idle" | "expired";

/** One sign-in, at a console or a terminal. */
export interface Session {
  /** `ses_…` */
  readonly id: string;
  readonly person: string;
  readonly principal: string;
  readonly via: "console" | "terminal";
  /** SPIFFE ID of the workload that carries it; another one's requests are not its. */
  readonly workload: string;
  readonly method: Method;
  readonly startedMs: number;
  readonly lastSeenMs: number;
  /** The latest that it can last. */
  readonly endsMs: number;
  /** Null while it is live. */
  readonly ended: SessionEnd | null;
}

/** A session with the tokens that were minted for it and may still be in date. */
export interface SessionState extends Session {
  /** jti of each. */
  readonly tokens: readonly string[];
}

/** Every session that a token may still name, as of one epoch. */
export interface SessionSnapshot {
  readonly epoch: bigint;
  readonly sessions: readonly SessionState[];
}

/** A one-time link by which an invited or recovering person enrols. Founders' links are the custodian's. */
export interface Link {
  /** `lnk_…` */
  readonly id: string;
  readonly kind: "invitation" | "recovery";
  readonly person: string;
  /** Digest of the approved statement that it rests on, which the custodian knows; null where nobody approved it with a passkey. */
  readonly approval: string | null;
  readonly expiresMs: number;
}

/** An identity at an external provider that its person has linked to themselves. */
export interface Identity {
  /** `idn_…` */
  readonly id: string;
  readonly person: string;
  /** The provider (OpenID Connect Core 1.0 §2, `iss`). */
  readonly issuer: string;
  /** What stands for issuer and subject: 64 hex digits that tell nothing without the key. */
  readonly name: string;
  readonly linkedAtMs: number;
  readonly lastUsedAtMs: number | null;
}

/** What a challenge was made for. It counts once, and for nothing else. */
export type CeremonyPurpose = "sign_in" | "enrol_passkey" | "enrol_totp" | "add_passkey" | "provider_sign_in" | "provider_link" | "sign_document";

/** A challenge that waits for its answer. */
export interface Ceremony {
  /** `cer_…`, or the hash of what names it where its name goes around by a provider. */
  readonly id: string;
  readonly purpose: CeremonyPurpose;
  /** What it is bound to beside its purpose: a person, a session, the digest of an enrolment, or who asked for it; empty for none. */
  readonly binding: string;
  /** What the answer is checked against: a challenge in base64url, a sealed secret, a hash, or the manifest of a signature. */
  readonly expected: string;
  readonly expiresMs: number;
}

/** A terminal that asks for a session (after RFC 8628). */
export interface TerminalRequest {
  /** SHA-256 of the device code, hex. */
  readonly deviceHash: string;
  /** SHA-256 of the user code, hex. */
  readonly userHash: string;
  /** SPIFFE ID of the terminal's workload. */
  readonly workload: string;
  readonly expiresMs: number;
}
