import { decodeBase64url } from "@sallyport/crypto";
import { type ErrorCode, SallyportError } from "@sallyport/errors";

const RESPONSE_CHARS_MAX = 16_384;
/** WebAuthn Level 3 §4, "Credential ID". */
const CREDENTIAL_ID_BYTES_MIN = 16;
const CREDENTIAL_ID_BYTES_MAX = 1023;

export type Members = Readonly<Record<string, unknown>>;

const isMembers = (value: unknown): value is Members => typeof value === "object" && value !== null && !Array.isArray(value);

/** What the browser answered, as far as it is looked at: the rest, such as extension results, is the browser's own word. */
export interface ResponseJson {
  readonly id: string;
  readonly response: Members;
}

/** Reads `RegistrationResponseJSON` or `AuthenticationResponseJSON` (WebAuthn Level 3 §5.1). @throws the given code. */
export function parseResponse(text: string, code: ErrorCode): ResponseJson {
  const refuse = (why: string): SallyportError => new SallyportError(code, { why });
  if (text.length > RESPONSE_CHARS_MAX) throw refuse("size");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refuse("json");
  }
  if (!isMembers(value) || !isMembers(value["response"]) || value["type"] !== "public-key") throw refuse("form");
  const { id, rawId } = value;
  if (typeof id !== "string" || id !== rawId || !isCredentialId(id)) throw refuse("credential id");
  return { id, response: value["response"] };
}

/** Whether a text is a credential's id in its one spelling, 16 to 1023 bytes. */
export function isCredentialId(text: string): boolean {
  const bytes = text.length > RESPONSE_CHARS_MAX ? null : decodeBase64url(text);
  return bytes !== null && bytes.length >= CREDENTIAL_ID_BYTES_MIN && bytes.length <= CREDENTIAL_ID_BYTES_MAX;
}

/** A member that must be base64url in its one spelling, or undefined where it is absent. @throws the given code. */
export function base64urlMember(members: Members, name: string, code: ErrorCode): string | undefined {
  const value = members[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string" || decodeBase64url(value) === null) throw new SallyportError(code, { why: name });
  return value;
}

/** As {@link base64urlMember}, and it must be there. @throws the given code. */
export function requiredMember(members: Members, name: string, code: ErrorCode): string {
  const value = base64urlMember(members, name, code);
  if (value === undefined) throw new SallyportError(code, { why: name });
  return value;
}

/** Refuses what a page of another site had made inside a frame of its own (WebAuthn Level 3 §5.8.1). @throws the given code. */
export function assertTopLevel(clientDataJSON: string, code: ErrorCode): void {
  let client: unknown;
  try {
    client = JSON.parse(Buffer.from(clientDataJSON, "base64url").toString("utf8"));
  } catch {
    throw new SallyportError(code, { why: "client data" });
  }
  if (!isMembers(client) || (client["crossOrigin"] !== undefined && client["crossOrigin"] !== false) || client["topOrigin"] !== undefined)
    throw new SallyportError(code, { why: "frame" });
}
