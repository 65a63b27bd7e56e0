import type { TokenClaims } from "./access-claims.ts";
import { type AccessTokenChecks, type RingKey, strictChecks, type TokenPeer } from "./access-token-checks.ts";
import { bearerToken } from "./bearer-token.ts";
import { isKid } from "./compact-jws.ts";
import { ed25519Public } from "./ed25519.ts";

/** What a verified token says. */
export interface AccessClaims {
  /** The principal's id. */
  readonly sub: string;
  /** The actions that the token may be used for at most. */
  readonly scope: ReadonlySet<string>;
  readonly jti: string;
  /** Seconds since the epoch. */
  readonly iatS: number;
  /** Seconds since the epoch. */
  readonly expS: number;
  /** SPIFFE ID of the workload that carries the token. */
  readonly azp: string;
}

export interface AccessTokenVerifierOptions {
  readonly issuer: string;
  readonly audience: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** How many tokens' signatures are remembered; 0 for none. 4096 unless given. */
  readonly cacheSize?: number;
}

/** A public key as the custodian publishes it; `x` is the raw key in base64url, times are seconds since the epoch. */
export interface PublishedTokenKey {
  readonly kid: string;
  readonly x: string;
  readonly fromS: number;
  /** Exclusive; null for no end. */
  readonly untilS: number | null;
}

interface Proven {
  readonly kid: string;
  readonly claims: TokenClaims;
  readonly access: AccessClaims;
}

const CACHE_SIZE = 4096;

/**
 * Verifies access tokens: EdDSA in one spelling, from our own ring, with exactly our claims, bound to the caller's
 * certificate and workload (RFC 9068, RFC 8705 §3; DESIGN §3.2).
 *
 * That these exact bytes carry a good signature, and what they say, may be remembered until the ring changes. Key
 * window, issuer, audience, time and binding are checked at every call. Revocation is not this class's: see the policy.
 */
export class AccessTokenVerifier {
  readonly #options: AccessTokenVerifierOptions;
  readonly #checks: AccessTokenChecks;
  readonly #cacheSize: number;
  readonly #proven = new Map<string, Proven>();
  #ring: ReadonlyMap<string, RingKey> = new Map();
  #published = "[]";

  /** `checks` is for tests that show what each check is for. Before {@link setKeys}, every token is refused. */
  constructor(options: AccessTokenVerifierOptions, checks: AccessTokenChecks = strictChecks) {
    this.#options = options;
    this.#checks = checks;
    this.#cacheSize = options.cacheSize ?? CACHE_SIZE;
    if (!Number.isSafeInteger(this.#cacheSize) || this.#cacheSize < 0) throw new RangeError("a cache's size is a whole number");
  }

  /**
   * Puts another ring in force and forgets every remembered signature; the same ring again changes nothing.
   *
   * @throws RangeError for a malformed or duplicate `kid` or a key that {@link ed25519Public} refuses; the ring in force stays.
   */
  setKeys(keys: readonly PublishedTokenKey[]): void {
    const published = JSON.stringify(keys.map(({ kid, x, fromS, untilS }) => [kid, x, fromS, untilS]));
    if (published === this.#published) return;
    const ring = new Map<string, RingKey>();
    for (const { kid, x, fromS, untilS } of keys) {
      if (!isKid(kid) || ring.has(kid)) throw new RangeError("each key of a ring has a kid of its own");
      if (!Number.isFinite(fromS) || (untilS !== null && !Number.isFinite(untilS))) throw new RangeError("a key's window is in seconds");
      ring.set(kid, { kid, key: ed25519Public(Buffer.from(x, "base64url")), fromS, untilS });
    }
    this.#ring = ring;
    this.#published = published;
    this.#proven.clear();
  }

  /** The ids of the keys in force here, each in its window. */
  get kids(): readonly string[] {
    return [...this.#ring.keys()];
  }

  /**
   * Proves a token for this caller.
   *
   * @param credential - The token, or all values of the `Authorization` field, of which there must be one.
   * @throws SallyportError `token.missing`, `token.malformed`, `token.algorithm`, `token.key`, `token.signature`,
   * `token.claims`, `token.time` or `token.binding`.
   */
  verify(credential: string | readonly string[] | undefined, peer: TokenPeer): AccessClaims {
    const token = typeof credential === "string" ? credential : bearerToken(credential);
    const nowMs = this.#options.now();
    const { claims, access } = this.#prove(token, Math.floor(nowMs / 1000));
    this.#checks.audience(claims, this.#options);
    this.#checks.time(claims, nowMs);
    this.#checks.binding(claims, peer);
    return access;
  }

  #prove(token: string, nowS: number): Proven {
    const known = this.#proven.get(token);
    if (known !== undefined) {
      this.#checks.key(this.#ring, known.kid, nowS);
      return known;
    }
    const parts = this.#checks.split(token);
    const { kid, key } = this.#checks.key(this.#ring, this.#checks.kid(parts.header), nowS);
    this.#checks.signature(key, parts);
    const claims = this.#checks.claims(parts.payload.toString("latin1"));
    const { sub, jti, iatS, expS, azp } = claims;
    const proven = { kid, claims, access: { sub, scope: new Set(claims.scope.split(" ")), jti, iatS, expS, azp } };
    this.#remember(token, proven);
    return proven;
  }

  #remember(token: string, proven: Proven): void {
    if (this.#cacheSize === 0) return;
    if (this.#proven.size >= this.#cacheSize) {
      const [oldest] = this.#proven.keys();
      if (oldest !== undefined) this.#proven.delete(oldest);
    }
    this.#proven.set(token, proven);
  }
}
