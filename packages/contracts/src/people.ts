import { z } from "zod";
import { CeremonyName, Count, IsoTime, Print, SiteId, StudyId } from "./primitives.ts";
import { strict } from "./strict.ts";
import { Evidence } from "./trail.ts";

const id = (prefix: string) => z.string().regex(new RegExp(`^${prefix}_[0-9a-hjkmnp-tv-z]{26}$`));

export const PersonId = id("per");
export const SessionId = id("ses");
export const AuthenticatorId = id("aut");

/** What a person signs in as: lower case, unique in the deployment, never used again for another person. */
export const Username = z.string().regex(/^[a-z][a-z0-9._-]{2,39}$/);

/** A person's name as it is printed beside what they sign (21 CFR 11.50 (a)(1)). */
export const PrintedName = Print(2, 100);

/** What somebody calls a passkey of theirs. */
export const AuthenticatorLabel = Print(1, 60);

/** How somebody proves who they are: `passkey` is verified by the custodian too; `password` (with TOTP) is the server's word alone. */
export const SignInMethod = z.enum(["passkey", "password", "provider"]);

/** A role at a site, at every site of a study (`*`), or over the deployment (`*`, `*`), until an end or none. */
export const AssignmentSummary = z.strictObject({ role: z.string(), study: z.string(), site: z.string(), from: IsoTime, until: IsoTime.nullable() });

export const AuthenticatorSummary = z.strictObject({
  authenticatorId: AuthenticatorId,
  kind: z.enum(["passkey", "password"]),
  label: z.string(),
  /** What the first registration rested on. */
  basis: z.enum(["founding", "invitation", "own", "recovery"]),
  addedAt: IsoTime,
  lastUsedAt: IsoTime.nullable(),
});

export const SessionSummary = z.strictObject({
  sessionId: SessionId,
  via: z.enum(["console", "terminal"]),
  method: SignInMethod,
  startedAt: IsoTime,
  lastSeenAt: IsoTime,
  endsAt: IsoTime,
  /** Whether it is the session that asks. */
  isThis: z.boolean(),
});

/** By what somebody was found to be who they say they are: an official document, seen with its holder; their employer's record of them; or a service that does it from afar. */
export const IdentityWay = z.enum(["document", "employer", "remote"]);

export const PersonSummary = z.strictObject({
  personId: PersonId,
  principal: z.string(),
  username: Username,
  printedName: z.string(),
  status: z.enum(["invited", "active", "suspended", "recovering", "left"]),
  isAdministrator: z.boolean(),
  assignments: z.array(AssignmentSummary),
  passkeys: Count,
  hasPassword: z.boolean(),
  /** Methods that are locked after failed attempts, and until when. */
  locked: z.array(z.strictObject({ method: SignInMethod, until: IsoTime })),
  /** Whether a lock stops them: who set it, why and until when is in `locks.list`. */
  isLocked: z.boolean(),
  sessions: Count,
  lastSeenAt: IsoTime.nullable(),
  /** When somebody last looked at who they are, and by what; null where nobody did: until then they sign nothing. */
  identity: z.strictObject({ how: IdentityWay, checkedAt: IsoTime }).nullable(),
});

export const ListPeopleInput = strict({});
export const ListPeopleOutput = strict({ people: z.array(PersonSummary) });

/** `terminals.confirm` and its kin answer that it was done. */
export const Done = strict({ done: z.literal(true) });

export const MyOverviewInput = strict({});
/** What the session and security page shows: me, my authenticators, my sessions, what I may do. */
export const MyOverviewOutput = strict({
  personId: PersonId,
  principal: z.string(),
  username: Username,
  printedName: z.string(),
  policy: z.string(),
  /** Until when signing stays off after a recovery; null where it is not. */
  maySign: z.boolean(),
  authenticators: z.array(AuthenticatorSummary),
  sessions: z.array(SessionSummary),
  assignments: z.array(AssignmentSummary),
  grants: z.array(z.strictObject({ role: z.string(), action: z.string(), resource: z.string(), rule: z.string() })),
  idleSeconds: Count,
  /** Where I am told of what is done in my name; null for nowhere. */
  noticeAddress: z.string().nullable(),
  /** Whether this deployment sends mail to people. */
  tellsPeople: z.boolean(),
});

export const EndMySessionInput = strict({ sessionId: SessionId });

/** JSON of the WebAuthn API (WebAuthn Level 3 §5.1.8, §5.1.9), opaque to everything but the passkey package. */
export const WebAuthnJson = z.string().min(2).max(16_384);

export const PasskeyOptionsInput = strict({});
export const PasskeyOptionsOutput = strict({ ceremony: z.string(), options: WebAuthnJson });

/** A proof over an act's digest: a passkey's assertion whose challenge is the digest, or password and TOTP. */
export const StepUp = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("passkey"), response: WebAuthnJson }),
  z.strictObject({ kind: z.literal("password"), password: z.string().min(1).max(256), totp: z.string().regex(/^[0-9]{6}$/) }),
]);

/** Adding a passkey to oneself: `response` is the registration, `proof` is over the ceremony's digest by what one has already. */
export const AddPasskeyInput = strict({ ceremony: CeremonyName, label: AuthenticatorLabel, response: WebAuthnJson, proof: StepUp });
export const AddPasskeyOutput = strict({ authenticator: AuthenticatorSummary });

/** A mail address as messages carry it (RFC 5321 §4.1.2), without a name or anything but printing ASCII. */
export const NoticeAddress = z
  .email()
  .max(254)
  .regex(/^[!-~]+$/);
/** `at`: when it was said; the proof is over it and good for two minutes. */
export const SetMyAddressInput = strict({ address: NoticeAddress.nullable(), at: IsoTime, proof: StepUp });

export const RemoveAuthenticatorInput = strict({ authenticatorId: AuthenticatorId, proof: StepUp });

/** The query that an external provider sent the browser back with (OpenID Connect Core 1.0 §3.1.2.5), without its question mark. */
export const ProviderQuery = z.string().regex(/^[!-~]{1,4096}$/);

/** An identity at an external provider that signs its person in. What the provider calls the person is nowhere. */
export const IdentitySummary = z.strictObject({ identityId: id("idn"), issuer: z.string(), linkedAt: IsoTime, lastUsedAt: IsoTime.nullable() });

export const MyProviderInput = strict({});
/** `me.provider`: the external provider that can be linked, null where there is none; and what I have linked. */
export const MyProviderOutput = strict({ issuer: z.string().nullable(), identities: z.array(IdentitySummary) });

export const LinkProviderOptionsInput = strict({});
/** Where the browser goes to show an identity of mine. */
export const LinkProviderOptionsOutput = strict({ url: z.string() });

/** Links the identity that the provider answered with: `proof` is over the digest of the query's `state`, by what one has here already. */
export const LinkProviderInput = strict({ query: ProviderQuery, proof: StepUp });
export const LinkProviderOutput = strict({ identity: IdentitySummary });

export const UnlinkProviderInput = strict({ identityId: id("idn"), proof: StepUp });

/** The code that a terminal shows and its person types at the console (after RFC 8628 §6.1). */
export const UserCode = z.string().regex(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/);
export const ConfirmTerminalInput = strict({ userCode: UserCode, verdict: z.enum(["approve", "refuse"]) });

/** A stop at once, for somebody who is no administrator; an administrator's is asked for by an approval. */
export const SuspendPersonInput = strict({ personId: PersonId, reason: z.string().trim().min(8).max(500) });
export const SuspendPersonOutput = strict({ done: z.literal(true), evidence: z.array(Evidence) });
/** Says that somebody was found to be who they say they are (21 CFR 11.100(b)); the reason says what was looked at. */
export const CheckIdentityInput = strict({ personId: PersonId, how: IdentityWay, reason: z.string().trim().min(8).max(500) });
export const SetAddressInput = strict({ personId: PersonId, address: NoticeAddress.nullable(), reason: z.string().trim().min(8).max(500) });
export const CheckIdentityOutput = strict({ checkedAt: IsoTime, evidence: z.array(Evidence) });
/** Ends for good all that somebody who is no administrator has; an administrator's is asked for by `approvals.requestOffboard`. */
export const OffboardPersonInput = strict({ personId: PersonId, reason: z.string().trim().min(8).max(500) });
export const OffboardPersonOutput = strict({ done: z.literal(true), evidence: z.array(Evidence) });
export const EndSessionsInput = strict({ personId: PersonId, reason: z.string().trim().min(8).max(500) });
export const EndSessionsOutput = strict({ ended: Count });

/** Makes the one-time link of an approved invitation or recovery; each call makes a new one, and the one before ends. */
export const IssueLinkInput = strict({ approvalId: id("apr") });
/** `secret` goes into the link's fragment, `/enrol#<secret>`; it is shown once and kept nowhere. */
export const IssueLinkOutput = strict({ secret: z.string(), expiresAt: IsoTime });

/** Where an assignment may be: a registered site, a study, or everything. */
export const AssignmentPlace = z.strictObject({ study: z.union([StudyId, z.literal("*")]), site: z.union([SiteId, z.literal("*")]) });
