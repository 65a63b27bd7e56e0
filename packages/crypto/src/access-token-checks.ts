import type { KeyObject } from "node:crypto";
import { SallyportError } from "@sallyport/errors";
import { ACCESS_TOKEN_TYP, readClaims, TOKEN_LIFETIME_SECONDS_MAX, type TokenClaims } from "./access-claims.ts";
import { type JwsParts, readJwsHeader, splitCompactJws } from "./compact-jws.ts";
import { verifyEd25519 } from "./ed25519.ts";

/** How far ahead of ours the clock of the one who minted a token may be, in seconds. */
export const CLOCK_SKEW_SECONDS_MAX = 5;

/** A public key of the token ring with the window in which it is in force, in seconds since the epoch. */
export interface RingKey {
  readonly kid: string;
  readonly key: KeyObject;
  readonly fromS: number;
  /** Exclusive; null for no end. */
  readonly untilS: number | null;
}

/** The caller as its certificate proves it. */
export interface TokenPeer {
  /** SPIFFE ID. */
  readonly spiffe: string;
  /** SHA-256 of the certificate in DER, base64url. */
  readonly x5t: string;
}

/** The steps of a token's verification, in the order in which they are taken. Each throws a SallyportError or answers. */
export interface AccessTokenChecks {
  /** The token in its one spelling. @throws `token.malformed` */
  split(token: string): JwsParts;
  /** The key id of the one header form. @throws `token.algorithm` */
  kid(header: string): string;
  /** The key, where it is in force at this second. @throws `token.key` */
  key(ring: ReadonlyMap<string, RingKey>, kid: string, nowS: number): RingKey;
  /** @throws `token.signature` */
  signature(key: KeyObject, parts: JwsParts): void;
  /** The claims in their one spelling; `payload` has one character per byte. @throws `token.claims`, `token.time`, `token.binding` */
  claims(payload: string): TokenClaims;
  /** Issuer and audience are ours. @throws `token.claims` */
  audience(claims: TokenClaims, expected: { readonly issuer: string; readonly audience: string }): void;
  /** The token is in date and was not made for longer than the cap. @throws `token.time` */
  time(claims: TokenClaims, nowMs: number): void;
  /** The caller is the one that the token was made for. @throws `token.binding` */
  binding(claims: TokenClaims, peer: TokenPeer): void;
}

/** What production verifies by. */
export const strictChecks: AccessTokenChecks = {
  split: splitCompactJws,
  kid: (header) => readJwsHeader(header, ACCESS_TOKEN_TYP).kid,
  key(ring, kid, nowS) {
    const found = ring.get(kid);
    if (found === undefined || nowS < found.fromS || (found.untilS !== null && nowS >= found.untilS)) throw new SallyportError("token.key");
    return found;
  },
  signature(key, parts) {
    if (!verifyEd25519(key, parts.signed, parts.signature)) throw new SallyportError("token.signature");
  },
  claims: readClaims,
  audience(claims, expected) {
    if (claims.iss !== expected.issuer || claims.aud !== expected.audience) throw new SallyportError("token.claims");
  },
  time({ iatS, expS }, nowMs) {
    const lifetimeS = expS - iatS;
    const isInDate = iatS * 1000 <= nowMs + CLOCK_SKEW_SECONDS_MAX * 1000 && nowMs < expS * 1000;
    if (!isInDate || lifetimeS <= 0 || lifetimeS > TOKEN_LIFETIME_SECONDS_MAX) throw new SallyportError("token.time");
  },
  binding(claims, peer) {
    if (claims.x5t !== peer.x5t || claims.azp !== peer.spiffe) throw new SallyportError("token.binding");
  },
};
