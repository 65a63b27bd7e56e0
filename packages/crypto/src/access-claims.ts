import { SallyportError } from "@sallyport/errors";

/** The longest life of an access token, in seconds. */
export const TOKEN_LIFETIME_SECONDS_MAX = 900;
/** The `typ` of an access token (RFC 9068 §2.1). */
export const ACCESS_TOKEN_TYP = "at+jwt";

/** The claims of an access token: exactly these, all of them. */
export interface TokenClaims {
  readonly iss: string;
  readonly aud: string;
  /** The principal's id. */
  readonly sub: string;
  /** Actions, separated by single spaces; at least one. */
  readonly scope: string;
  /** SPIFFE ID of the workload that may carry the token. */
  readonly azp: string;
  /** SHA-256 of that workload's certificate in DER, base64url (RFC 8705 §3.1). */
  readonly x5t: string;
  readonly jti: string;
  /** Seconds since the epoch. */
  readonly iatS: number;
  /** Seconds since the epoch. */
  readonly expS: number;
}

const URL_TEXT = String.raw`https://[A-Za-z0-9./_-]{1,200}`;
const SUBJECT = String.raw`[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}`;
const ACTION = String.raw`[a-z0-9][a-z0-9_.:-]{0,63}`;
const SPIFFE = String.raw`spiffe://[a-z0-9._-]{1,128}(?:/[A-Za-z0-9._-]{1,128}){1,8}`;
const THUMBPRINT = "[A-Za-z0-9_-]{43}";
const JTI = "[A-Za-z0-9_-]{8,64}";
const SECOND = "[1-9][0-9]{0,11}";

/** What {@link encodeClaims} writes, and nothing else. */
const PAYLOAD = new RegExp(
  `^\\{"aud":"(${URL_TEXT})","azp":"(${SPIFFE})","cnf":\\{"x5t#S256":"(${THUMBPRINT})"\\},"exp":(${SECOND}),"iat":(${SECOND}),` +
    `"iss":"(${URL_TEXT})","jti":"(${JTI})","scope":"(${ACTION}(?: ${ACTION}){0,95})","sub":"(${SUBJECT})"\\}$`,
);
const THUMBPRINT_ALONE = new RegExp(`^${THUMBPRINT}$`);

/** The one spelling of a set of claims: canonical JSON, which these forms never need to escape. */
export function encodeClaims(claims: TokenClaims): string {
  const { aud, azp, x5t, expS, iatS, iss, jti, scope, sub } = claims;
  return `{"aud":"${aud}","azp":"${azp}","cnf":{"x5t#S256":"${x5t}"},"exp":${expS},"iat":${iatS},"iss":"${iss}","jti":"${jti}","scope":"${scope}","sub":"${sub}"}`;
}

/**
 * Reads a payload that is byte for byte what {@link encodeClaims} writes, each claim in its form. So an unknown, missing,
 * duplicate, nested or re-spelled claim is refused, without a list of what to refuse.
 *
 * @throws SallyportError `token.time` where `exp` or `iat` is no second, `token.binding` without a certificate's thumbprint, otherwise `token.claims`.
 */
export function readClaims(payload: string): TokenClaims {
  const match = PAYLOAD.exec(payload);
  if (match === null) throw new SallyportError(refusalOf(payload));
  const [, aud = "", azp = "", x5t = "", exp = "", iat = "", iss = "", jti = "", scope = "", sub = ""] = match;
  return { iss, aud, sub, scope, azp, x5t, jti, iatS: Number(iat), expS: Number(exp) };
}

/** Names what is wrong with a payload that was refused. */
function refusalOf(payload: string): "token.claims" | "token.time" | "token.binding" {
  const claims = parseClaims(payload);
  if (claims === null) return "token.claims";
  const { exp, iat, cnf } = claims;
  if (!Number.isSafeInteger(exp) || !Number.isSafeInteger(iat)) return "token.time";
  const x5t: unknown = typeof cnf === "object" && cnf !== null && "x5t#S256" in cnf ? cnf["x5t#S256"] : undefined;
  return typeof x5t === "string" && THUMBPRINT_ALONE.test(x5t) ? "token.claims" : "token.binding";
}

function parseClaims(payload: string): { readonly exp?: unknown; readonly iat?: unknown; readonly cnf?: unknown } | null {
  try {
    const parsed: unknown = JSON.parse(payload);
    return typeof parsed === "object" && parsed !== null ? parsed : null;
  } catch {
    return null;
  }
}
