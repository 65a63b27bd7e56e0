import { canonicalJson, sha256Hex } from "@sallyport/crypto";

/** What a member of a payload may be. No PHI, and nothing that a person typed as a reason. */
export type PayloadValue = string | number | boolean | null | readonly string[];

/**
 * What people approve (docs/spec/approval-v1.md, section 1). Its canonical JSON is what is hashed, and that hash is what their
 * passkeys sign; so everything that the act is, and whom it may not be approved by, stands in it.
 */
export interface ApprovalStatement {
  readonly v: 1;
  readonly deployment: string;
  /** What kind of act it is, such as `person.invite`. */
  readonly kind: string;
  /** `personId` is whom the act is about, where it is about a person; it may stand for nothing else. */
  readonly payload: Readonly<Record<string, PayloadValue>>;
  /** SHA-256 of the effect as it was shown, 64 lower-case hex digits. */
  readonly effectDigest: string;
  /** How many people other than the requester have to approve, 1 to 3. */
  readonly needed: number;
  readonly requestedByPerson: string;
  /** `YYYY-MM-DDTHH:MM:SS.mmmZ`, as `expiresAt`. */
  readonly requestedAt: string;
  /** Base64url, 16 to 48 random bytes: two requests for the same act are two statements. */
  readonly nonce: string;
  /** At most {@link APPROVAL_LIFETIME_MS_MAX} after `requestedAt`. */
  readonly expiresAt: string;
}

/** Longer than this, no statement is open: thirty days. */
export const APPROVAL_LIFETIME_MS_MAX = 2_592_000_000;
/** UTF-8 bytes. */
export const APPROVAL_STATEMENT_BYTES_MAX = 16_384;

const MEMBERS = ["deployment", "effectDigest", "expiresAt", "kind", "needed", "nonce", "payload", "requestedAt", "requestedByPerson", "v"];
const PERSON = /^per_[0-9a-hjkmnp-tv-z]{26}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const NAME = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;

const isText = (value: unknown, form: RegExp): boolean => typeof value === "string" && form.test(value);
const isTime = (value: unknown): value is string => isText(value, TIME) && Number.isFinite(Date.parse(value as string)) && new Date(value as string).toISOString() === value;
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === "object" && value !== null && !Array.isArray(value);

function isPayloadValue(value: unknown): boolean {
  if (Array.isArray(value)) return value.every((item) => typeof item === "string");
  return value === null || typeof value === "string" || typeof value === "boolean" || Number.isSafeInteger(value);
}

function isPayload(value: unknown): boolean {
  if (!isObject(value)) return false;
  const isAbout = value["personId"] === undefined || isText(value["personId"], PERSON);
  return isAbout && Object.entries(value).every(([name, member]) => NAME.test(name) && isPayloadValue(member));
}

function isStatement(value: unknown): value is ApprovalStatement {
  if (!isObject(value) || Object.keys(value).sort().join() !== MEMBERS.join()) return false;
  const { needed, requestedAt, expiresAt } = value;
  if (value["v"] !== 1 || !isText(value["deployment"], /^[a-z0-9]{1,64}$/) || !isText(value["kind"], /^[a-z][a-z_]{1,31}(?:\.[a-z][a-z_]{1,31}){1,3}$/)) return false;
  if (!isPayload(value["payload"]) || !isText(value["effectDigest"], /^[0-9a-f]{64}$/) || !isText(value["requestedByPerson"], PERSON)) return false;
  if (!isText(value["nonce"], /^[A-Za-z0-9_-]{22,64}$/) || !Number.isSafeInteger(needed) || Number(needed) < 1 || Number(needed) > 3) return false;
  if (!isTime(requestedAt) || !isTime(expiresAt)) return false;
  const lifetimeMs = Date.parse(expiresAt) - Date.parse(requestedAt);
  return lifetimeMs > 0 && lifetimeMs <= APPROVAL_LIFETIME_MS_MAX;
}

/** The exact text of a statement. @throws RangeError where it isn't one that {@link readApprovalStatement} takes. */
export function approvalStatement(parts: Omit<ApprovalStatement, "v">): string {
  const text = canonicalJson({ v: 1, ...parts });
  if (readApprovalStatement(text) === null) throw new RangeError("this is no statement that could be approved");
  return text;
}

/** Reads a statement's exact text, or answers null: closed members, bounded, and in its one canonical spelling. */
export function readApprovalStatement(text: string): ApprovalStatement | null {
  if (text.length > APPROVAL_STATEMENT_BYTES_MAX || Buffer.byteLength(text, "utf8") > APPROVAL_STATEMENT_BYTES_MAX) return null;
  try {
    const value: unknown = JSON.parse(text);
    return isStatement(value) && canonicalJson(value) === text ? value : null;
  } catch {
    return null;
  }
}

/**
 * What a statement is known by, and what a passkey signs to approve it: 64 lower-case hex digits, whose 32 bytes are the challenge.
 * Nothing else is ever signed over it, a rejection least of all: it could be handed to the custodian as an approval.
 */
export const approvalDigest = (statement: string): string => sha256Hex(statement);

/**
 * What a passkey signs to add another authenticator of the same person: SHA-256 of this text names the person and the bytes of the
 * attestation object that is being added.
 *
 * @param attestation - The attestation object, base64url.
 */
export const enrolmentDigest = (person: string, attestation: string): string => sha256Hex(`sallyport/enrol/v1\n${person}\n${sha256Hex(Buffer.from(attestation, "base64url"))}\n`);
