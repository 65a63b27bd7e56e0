import { fixedClock, seededBytes } from "@sallyport/testkit";
import { SallyportError } from "@sallyport/errors";
import type { TokenClaims } from "../access-claims.ts";
import { type AccessTokenChecks, strictChecks, type TokenPeer } from "../access-token-checks.ts";
import { AccessTokenVerifier, type PublishedTokenKey } from "../access-token-verifier.ts";
import { type Ed25519Pair, ed25519FromSeed, signEd25519 } from "../ed25519.ts";

export const issuer = "https://dabcdefghijkl.sallyport/custodian";
export const audience = "https://dabcdefghijkl.sallyport/api";
export const peer: TokenPeer = { spiffe: "spiffe://dabcdefghijkl.sallyport/service/ingest", x5t: Buffer.alloc(32, 5).toString("base64url") };
export const clock = fixedClock();
export const nowS = Math.floor(clock.now() / 1000);
export const pair: Ed25519Pair = ed25519FromSeed(seededBytes("token key")(32));
export const ringKey: PublishedTokenKey = { kid: "tok-1", x: pair.raw.toString("base64url"), fromS: nowS - 3600, untilS: nowS + 3600 };

export const header = { alg: "EdDSA", kid: "tok-1", typ: "at+jwt" };
export const claims = {
  aud: audience,
  azp: peer.spiffe,
  cnf: { "x5t#S256": peer.x5t },
  exp: nowS + 900,
  iat: nowS,
  iss: issuer,
  jti: "tok_0123456789abcdefghjkmnpqrs",
  scope: "packet.upload packet.read",
  sub: "prn_0123456789abcdefghjkmnpqrs",
};

/** Encodes one part of a token: a text as it is, a value as JSON. */
export const part = (value: unknown): string => Buffer.from(typeof value === "string" ? value : JSON.stringify(value), "utf8").toString("base64url");

/** A token over any header and any payload, with a good signature by the ring's key. */
export function signed(head: unknown = header, payload: unknown = claims, key: Ed25519Pair = pair): string {
  const input = `${part(head)}.${part(payload)}`;
  return `${input}.${signEd25519(key.privateKey, input).toString("base64url")}`;
}

/** A verifier of the ring's one key; `weaker` replaces checks. */
export function verifier(weaker: Partial<AccessTokenChecks> = {}, options: { readonly cacheSize?: number; readonly now?: () => number } = {}): AccessTokenVerifier {
  const made = new AccessTokenVerifier({ issuer, audience, now: clock.now, cacheSize: 0, ...options }, { ...strictChecks, ...weaker });
  made.setKeys([ringKey]);
  return made;
}

/** What became of a token: `accepted`, or the code of its refusal. Anything else that is thrown is a defect. */
export function outcome(made: AccessTokenVerifier, token: string, by: TokenPeer = peer): string {
  try {
    made.verify(token, by);
    return "accepted";
  } catch (error) {
    if (error instanceof SallyportError) return error.code;
    throw error;
  }
}

/** Reads any header's kid, whatever else it says. */
const laxKid = (text: string): string => String((JSON.parse(text) as { readonly kid?: unknown }).kid);

/** Reads any claims, whatever else is among them, in any spelling. */
const laxClaims = (text: string): TokenClaims => {
  const read = JSON.parse(text) as Partial<typeof claims>;
  const { aud = "", azp = "", cnf, exp = Number.POSITIVE_INFINITY, iat = 0, iss = "", jti = "", scope = "", sub = "" } = read;
  return { aud, azp, x5t: cnf?.["x5t#S256"] ?? "", expS: exp, iatS: iat, iss, jti, scope: String(scope), sub };
};

/** Takes a token apart as Node's decoder would, at any length. */
const laxSplit: AccessTokenChecks["split"] = (token) => {
  const [head = "", payload = "", signature = ""] = token.trim().split(".");
  return {
    header: Buffer.from(head, "base64url").toString(),
    payload: Buffer.from(payload, "base64url"),
    signed: Buffer.from(`${head}.${payload}`),
    signature: Buffer.from(signature, "base64url"),
  };
};

/** Each defence switched off by itself. */
export const lax = {
  kid: { kid: laxKid },
  claims: { claims: laxClaims },
  split: { split: laxSplit },
  signature: { signature: () => undefined },
  audience: { audience: () => undefined, claims: laxClaims },
  time: { time: () => undefined, claims: laxClaims },
  binding: { binding: () => undefined, claims: laxClaims },
} satisfies Record<string, Partial<AccessTokenChecks>>;
