import type { KeyObject } from "node:crypto";
import { ACCESS_TOKEN_TYP, encodeClaims, readClaims, TOKEN_LIFETIME_SECONDS_MAX } from "./access-claims.ts";
import { signCompactJws } from "./compact-jws.ts";
import { newId } from "./id.ts";

/** What a token is to say. */
export interface AccessTokenGrant {
  readonly issuer: string;
  readonly audience: string;
  readonly sub: string;
  /** Actions, separated by single spaces; at least one. */
  readonly scope: string;
  /** SPIFFE ID of the workload that will carry the token. */
  readonly azp: string;
  /** SHA-256 of that workload's certificate in DER, base64url. */
  readonly x5t: string;
  /** Seconds since the epoch. */
  readonly iatS: number;
  /** 1 to 900. */
  readonly lifetimeS: number;
  /** A new `tok_…` id unless given. */
  readonly jti?: string;
}

/**
 * Mints an access token that {@link AccessTokenVerifier} takes, for at most 900 seconds.
 *
 * @throws RangeError for a longer life, or one that isn't a whole number of seconds from 1.
 * @throws SallyportError `token.claims`, `token.time` or `token.binding` for a claim that the verifier would refuse.
 */
export function mintAccessToken(
  grant: AccessTokenGrant,
  key: { readonly kid: string; readonly privateKey: KeyObject },
): { readonly token: string; readonly jti: string; readonly expS: number } {
  const { issuer: iss, audience: aud, sub, scope, azp, x5t, iatS, lifetimeS } = grant;
  if (!Number.isSafeInteger(lifetimeS) || lifetimeS < 1 || lifetimeS > TOKEN_LIFETIME_SECONDS_MAX) throw new RangeError("a token lives 1 to 900 seconds");
  const jti = grant.jti ?? newId("tok");
  const expS = iatS + lifetimeS;
  const payload = encodeClaims({ iss, aud, sub, scope, azp, x5t, jti, iatS, expS });
  readClaims(payload);
  return { token: signCompactJws({ kid: key.kid, typ: ACCESS_TOKEN_TYP }, payload, key.privateKey), jti, expS };
}
