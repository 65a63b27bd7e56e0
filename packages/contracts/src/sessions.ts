import { z } from "zod";
import { AuthenticatorLabel, AuthenticatorSummary, PrintedName, PersonId, ProviderQuery, SessionId, SignInMethod, UserCode, Username, WebAuthnJson } from "./people.ts";
import { CeremonyName, IsoTime } from "./primitives.ts";

/*
 * Bodies of `POST /session/<step>`: the routes by which people come to a token. The caller is the console or a terminal, proven by its
 * certificate; whoever sits behind it has proven nothing yet. Every refusal of a proof is `signin.failed`, whatever was wrong.
 */

/** What a browser keeps (in a cookie) or a terminal keeps (in a 0600 file): 32 random bytes, base64url. The database has its SHA-256. */
export const SessionSecret = z.string().regex(/^[A-Za-z0-9_-]{43}$/);

/** A session with its first token. */
export const SessionOutput = z.strictObject({
  sessionId: SessionId,
  session: SessionSecret,
  token: z.string(),
  expiresAt: IsoTime,
  personId: PersonId,
  printedName: z.string(),
  idleSeconds: z.int().positive(),
  endsAt: IsoTime,
});
export type SessionOutput = z.infer<typeof SessionOutput>;

/** `sign-in/passkey-options`: for a discoverable credential, so no name is asked for and nobody's credentials are told. */
export const SignInOptionsInput = z.strictObject({});
export const SignInOptionsOutput = z.strictObject({ ceremony: z.string(), options: WebAuthnJson });

/** `sign-in/passkey` */
export const SignInPasskeyInput = z.strictObject({ ceremony: CeremonyName, response: WebAuthnJson });

/** What somebody types who may not remember their name: any line of text, of which the database looks for what is a name. */
const TypedName = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[^\p{Cc}\p{Cs}]+$/u);

/** `sign-in/password`: both components at once, so that nothing tells which one was wrong. */
export const SignInPasswordInput = z.strictObject({ username: TypedName, password: z.string().min(1).max(256), totp: z.string().max(12) });

/** `methods`: by what people can sign in here; public knowledge, so that the sign-in page can show it. `provider` is the external provider's host. */
export const MethodsInput = z.strictObject({});
export const MethodsOutput = z.strictObject({ methods: z.array(SignInMethod), provider: z.string().nullable() });
export type MethodsOutput = z.infer<typeof MethodsOutput>;

/**
 * `sign-in/provider-options`: where the browser goes to sign in at the external provider. `browser` is what this browser has to show when it
 * comes back, so that nobody's answer is taken from another one; script never sees it. `input.not_found` where there is no provider.
 */
export const ProviderOptionsInput = z.strictObject({});
export const ProviderOptionsOutput = z.strictObject({ url: z.string(), browser: SessionSecret });
export type ProviderOptionsOutput = z.infer<typeof ProviderOptionsOutput>;

/** `sign-in/provider`: what the provider sent the browser back with. */
export const SignInProviderInput = z.strictObject({ query: ProviderQuery, browser: SessionSecret });

/** `token`: a new short token for a session. Answers `session.idle`, `session.expired`, `session.ended` or `token.revoked` where there is none. */
export const SessionTokenInput = z.strictObject({ session: SessionSecret });
export const SessionTokenOutput = SessionOutput.omit({ session: true });
export type SessionTokenOutput = z.infer<typeof SessionTokenOutput>;

/** `end`: signs out. */
export const EndSessionInput = z.strictObject({ session: SessionSecret });

/** `enrolment/open`: what a one-time link is for. Every link that isn't good is `enrolment.invalid`. */
export const LinkSecret = z.string().regex(/^[A-Za-z0-9_-]{43}$/);
export const OpenEnrolmentInput = z.strictObject({ secret: LinkSecret });
export const OpenEnrolmentOutput = z.strictObject({
  kind: z.enum(["founding", "invitation", "recovery"]),
  /** Given where an administrator has named the person already; a founder gives their own. */
  username: Username.nullable(),
  printedName: z.string().nullable(),
  /** Which of the two founders this is; null for everybody else. */
  founder: z.union([z.literal(1), z.literal(2)]).nullable(),
  expiresAt: IsoTime.nullable(),
});
export type OpenEnrolmentOutput = z.infer<typeof OpenEnrolmentOutput>;

const Enrolling = { secret: LinkSecret, username: Username, printedName: PrintedName };

/** `enrolment/passkey-options` */
export const EnrolOptionsInput = z.strictObject(Enrolling);
export const EnrolOptionsOutput = z.strictObject({ ceremony: z.string(), options: WebAuthnJson });

/** `enrolment/passkey` */
export const EnrolPasskeyInput = z.strictObject({ ...Enrolling, ceremony: CeremonyName, label: AuthenticatorLabel, response: WebAuthnJson });

/** `enrolment/totp-options`: a new shared secret (RFC 6238), base32 and as an `otpauth:` URI for a QR code; it counts once it was proven. */
export const TotpOptionsInput = z.strictObject(Enrolling);
export const TotpOptionsOutput = z.strictObject({ ceremony: z.string(), secret: z.string(), uri: z.string() });

/** `enrolment/password`: NIST SP 800-63B-4 §3.1.1: length and a list of known bad ones, no rules of composition. */
export const EnrolPasswordInput = z.strictObject({ ...Enrolling, ceremony: CeremonyName, password: z.string().min(1).max(256), totp: z.string().regex(/^[0-9]{6}$/) });

/** An enrolment is done; signing in is the next step. `foundersLeft` is how many founders have yet to enrol before anybody can. */
export const EnrolledOutput = z.strictObject({ personId: PersonId, username: Username, authenticator: AuthenticatorSummary, foundersLeft: z.int().min(0).max(2) });
export type EnrolledOutput = z.infer<typeof EnrolledOutput>;

/** `terminal/begin`: a terminal asks for a session that its person confirms at the console (after RFC 8628 §3.2). */
export const TerminalBeginInput = z.strictObject({});
export const TerminalBeginOutput = z.strictObject({ deviceCode: SessionSecret, userCode: UserCode, expiresAt: IsoTime, intervalSeconds: z.int().positive() });

/** `terminal/poll` */
export const TerminalPollInput = z.strictObject({ deviceCode: SessionSecret });
export const TerminalPollOutput = z.discriminatedUnion("state", [
  z.strictObject({ state: z.literal("pending") }),
  z.strictObject({ state: z.literal("refused") }),
  z.strictObject({ state: z.literal("granted"), granted: SessionOutput }),
]);

/** `founding`: whether founders have yet to enrol; public knowledge, so that the sign-in page can say it. */
export const FoundingOutput = z.strictObject({ foundersLeft: z.int().min(0).max(2) });
