import { canonicalJson, sha256Hex } from "@sallyport/crypto";

/** What a signature says of the document (21 CFR 11.50(a)(3)); a closed list. */
export const MEANINGS = ["authorship", "review", "approval", "responsibility"] as const;
export type Meaning = (typeof MEANINGS)[number];

/** How the signer was proven: by a passkey, which signs the manifest itself, or by what the server saw. */
export const SIGNING_METHODS = ["passkey", "server-attested"] as const;
export type SigningMethod = (typeof SIGNING_METHODS)[number];

/**
 * What a person signs (docs/spec/signature-v1.md, section 1). Its canonical JSON is what is hashed, and with a passkey that hash is the challenge;
 * so everything that a signature must not be moved to stands in it.
 */
export interface SignatureManifest {
  readonly v: 1;
  readonly deployment: string;
  /** Of this signature: `sig_` and 26 of lower-case Crockford base32. */
  readonly signature: string;
  readonly study: string;
  /** Null where the document is the whole study's. */
  readonly site: string | null;
  readonly document: string;
  readonly version: number;
  readonly type: string;
  readonly mediaType: string;
  readonly bytes: number;
  /** Of exactly the bytes that were shown, 64 lower-case hex digits. */
  readonly sha256: string;
  /** The person, or the service, that brought this version in. Whoever that is doesn't approve it. */
  readonly author: string;
  readonly person: string;
  /** The signer's name as it was. */
  readonly printedName: string;
  readonly meaning: Meaning;
  readonly method: SigningMethod;
  /** SHA-256 of the text by which the signer took a signature of theirs to be as binding as one by hand. */
  readonly accountability: string;
  /** `YYYY-MM-DDTHH:MM:SS.mmmZ`: when the manifest was made. It is signed within {@link SIGNING_MS} of it. */
  readonly preparedAt: string;
  /** Base64url, 16 to 48 random bytes. */
  readonly nonce: string;
  /** The signer's own earlier signature that this one stands instead of, or null. */
  readonly supersedes: string | null;
}

/** How long after its manifest was made a signature may be given. */
export const SIGNING_MS = 300_000;
/** UTF-8 bytes. */
const MANIFEST_BYTES_MAX = 8_192;

const isText =
  (form: RegExp) =>
  (value: unknown): boolean =>
    typeof value === "string" && form.test(value);
const isOneOf =
  (values: readonly string[]) =>
  (value: unknown): boolean =>
    typeof value === "string" && values.includes(value);
const orNull =
  (is: (value: unknown) => boolean) =>
  (value: unknown): boolean =>
    value === null || is(value);
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 1;
const isTime = (value: unknown): boolean =>
  isText(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)(value) && Number.isFinite(Date.parse(value as string)) && new Date(value as string).toISOString() === value;
const isId = (prefix: string): ((value: unknown) => boolean) => isText(new RegExp(`^${prefix}_[0-9a-hjkmnp-tv-z]{26}$`));
const isDigest = isText(/^[0-9a-f]{64}$/);
const isPlace = isText(/^[\x21-\x2e\x30-\x7e]{1,64}$/);

const FORMS: { readonly [K in keyof SignatureManifest]: (value: unknown) => boolean } = {
  v: (value) => value === 1,
  deployment: isText(/^[a-z0-9]{1,64}$/),
  signature: isId("sig"),
  study: isPlace,
  site: orNull(isPlace),
  document: isId("doc"),
  version: isCount,
  type: isText(/^[a-z][a-z_]{1,47}$/),
  mediaType: isText(/^[a-z]+\/[a-z0-9.+-]{1,63}$/),
  bytes: isCount,
  sha256: isDigest,
  author: isText(/^[A-Za-z0-9_-]{1,80}$/),
  person: isId("per"),
  printedName: isText(/^[^\p{Cc}\p{Zl}\p{Zp}]{1,200}$/u),
  meaning: isOneOf(MEANINGS),
  method: isOneOf(SIGNING_METHODS),
  accountability: isDigest,
  preparedAt: isTime,
  nonce: isText(/^[A-Za-z0-9_-]{22,64}$/),
  supersedes: orNull(isId("sig")),
};
/** The members of a manifest, in the order of its canonical form. */
export const MANIFEST_MEMBERS = Object.keys(FORMS).sort() as readonly (keyof SignatureManifest)[];

function isManifest(value: unknown): value is SignatureManifest {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const members = value as Readonly<Record<string, unknown>>;
  return Object.keys(members).sort().join() === MANIFEST_MEMBERS.join() && MANIFEST_MEMBERS.every((name) => FORMS[name](members[name]));
}

/** The exact text of a manifest. @throws RangeError where it isn't one that {@link readSignatureManifest} takes. */
export function signatureManifest(parts: Omit<SignatureManifest, "v">): string {
  const text = canonicalJson({ v: 1, ...parts });
  if (readSignatureManifest(text) === null) throw new RangeError("this is no manifest that could be signed");
  return text;
}

/** Reads a manifest's exact text, or answers null: closed members, bounded, and in its one canonical spelling. */
export function readSignatureManifest(text: string): SignatureManifest | null {
  if (text.length > MANIFEST_BYTES_MAX || Buffer.byteLength(text, "utf8") > MANIFEST_BYTES_MAX) return null;
  try {
    const value: unknown = JSON.parse(text);
    return isManifest(value) && canonicalJson(value) === text ? value : null;
  } catch {
    return null;
  }
}

/** What a manifest is known by, and what a passkey signs: 64 lower-case hex digits, whose 32 bytes are the challenge. */
export const manifestDigest = (manifest: string): string => sha256Hex(manifest);
