import type { KeyObject } from "node:crypto";
import { SallyportError } from "@sallyport/errors";
import { decodeBase64url } from "./base64url.ts";
import { signEd25519, verifyEd25519 } from "./ed25519.ts";

/** The whole header of a JWS of ours, in this order, without white space. There is no other member. */
export interface JwsHeader {
  readonly alg: "EdDSA";
  readonly kid: string;
  readonly typ: string;
}

/** A compact JWS taken apart; nothing in it is proven yet. */
export interface JwsParts {
  /** The header's JSON text. */
  readonly header: string;
  readonly payload: Buffer;
  /** What the signature is over: header and payload as they were spelled. */
  readonly signed: Buffer;
  readonly signature: Buffer;
}

/** The longest token that is looked at, in characters. */
const JWS_CHARACTERS_MAX = 4096;

/** 64 bytes in base64url. */
const SIGNATURE_CHARACTERS = 86;
const HEADER = /^\{"alg":"EdDSA","kid":"([A-Za-z0-9_-]{1,64})","typ":"([a-z0-9.+-]{1,64})"\}$/;
const TYP = /^[a-z0-9.+-]{1,64}$/;
const KID = /^[A-Za-z0-9_-]{1,64}$/;

/** Whether a text can be a key id in a header: it can't hold what a path, SQL or URL would read. */
export const isKid = (text: string): boolean => KID.test(text);

/**
 * Takes a compact JWS (RFC 7515 §7.1) apart. Three parts of base64url in its one spelling, a signature of 64 bytes,
 * and a length that is checked before anything else: each token has one form, so its bytes may be remembered.
 *
 * @throws SallyportError `token.malformed`
 */
export function splitCompactJws(token: string, charactersMax = JWS_CHARACTERS_MAX): JwsParts {
  if (token.length > charactersMax) throw new SallyportError("token.malformed");
  const first = token.indexOf(".");
  const second = token.indexOf(".", first + 1);
  if (first < 1 || second < first + 2 || token.length !== second + 1 + SIGNATURE_CHARACTERS) throw new SallyportError("token.malformed");
  const header = decodeBase64url(token.slice(0, first));
  const payload = decodeBase64url(token.slice(first + 1, second));
  const signature = decodeBase64url(token.slice(second + 1));
  if (header === null || payload === null || signature === null) throw new SallyportError("token.malformed");
  return { header: header.toString("latin1"), payload, signed: Buffer.from(token.slice(0, second), "latin1"), signature };
}

/**
 * Reads a header that is byte for byte `{"alg":"EdDSA","kid":"…","typ":"<typ>"}`. By that, `alg: none` and every other
 * algorithm, `crit`, `b64`, `jwk`, `jku`, `x5u`, `x5c`, duplicate members and another `typ` are refused alike, unread.
 *
 * @throws SallyportError `token.algorithm`
 */
export function readJwsHeader(header: string, typ: string): JwsHeader {
  const match = HEADER.exec(header);
  const kid = match?.[1];
  if (kid === undefined || match?.[2] !== typ) throw new SallyportError("token.algorithm");
  return { alg: "EdDSA", kid, typ };
}

/**
 * Signs a payload as a compact JWS with the one header form (RFC 8037 §3.1).
 *
 * @throws RangeError for a `kid` or `typ` that {@link verifyCompactJws} would not take, or an empty payload.
 */
export function signCompactJws(header: { readonly kid: string; readonly typ: string }, payload: string | Uint8Array, privateKey: KeyObject): string {
  if (!isKid(header.kid)) throw new RangeError("a kid is 1 to 64 letters, digits, `_` and `-`");
  if (!TYP.test(header.typ)) throw new RangeError("a typ is 1 to 64 lower-case letters, digits, `.`, `+` and `-`");
  if (payload.length === 0) throw new RangeError("a payload is not empty");
  const head = Buffer.from(`{"alg":"EdDSA","kid":"${header.kid}","typ":"${header.typ}"}`, "latin1").toString("base64url");
  const signed = `${head}.${(typeof payload === "string" ? Buffer.from(payload, "utf8") : Buffer.from(payload)).toString("base64url")}`;
  return `${signed}.${signEd25519(privateKey, signed).toString("base64url")}`;
}

/** How a compact JWS is to be verified. */
export interface JwsExpectation {
  /** The one `typ` that is taken, for example `at+jwt`: a JWS made for one use is not taken for another. */
  readonly typ: string;
  /** The public key of this id, from our own ring, or undefined. Never asked for an id that isn't letters, digits, `_` and `-`. */
  readonly keyOf: (kid: string) => KeyObject | undefined;
  /** 4096 unless given. */
  readonly charactersMax?: number;
}

/**
 * Verifies a compact JWS in the strict form and answers its header and payload. EdDSA over Ed25519 only.
 *
 * @throws SallyportError `token.malformed`, `token.algorithm`, `token.key` (unknown, or no Ed25519 public key) or `token.signature`.
 */
export function verifyCompactJws(token: string, expected: JwsExpectation): { readonly header: JwsHeader; readonly payload: Buffer } {
  const parts = splitCompactJws(token, expected.charactersMax);
  const header = readJwsHeader(parts.header, expected.typ);
  const key = expected.keyOf(header.kid);
  if (key === undefined || key.type !== "public" || key.asymmetricKeyType !== "ed25519") throw new SallyportError("token.key");
  if (!verifyEd25519(key, parts.signed, parts.signature)) throw new SallyportError("token.signature");
  return { header, payload: parts.payload };
}
