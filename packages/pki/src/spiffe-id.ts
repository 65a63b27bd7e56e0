const TRUST_DOMAIN = /^[a-z0-9](?:[a-z0-9._-]{0,253}[a-z0-9])?$/;
const SEGMENT = /^[A-Za-z0-9._-]+$/;
const BYTES_MAX = 2048;

/** A SPIFFE ID taken apart; both parts are in their one canonical spelling. */
export interface SpiffeId {
  readonly trustDomain: string;
  /** The path with its leading slash; empty for the ID of the trust domain itself. */
  readonly path: string;
}

/**
 * Takes a SPIFFE ID apart, or answers null for whatever is not one in canonical spelling
 * (SPIFFE-ID §2: lower-case trust domain, no port, user, query, fragment, percent-encoding, empty or dot segment).
 */
export function parseSpiffeId(uri: string): SpiffeId | null {
  if (uri.length > BYTES_MAX || !uri.startsWith("spiffe://")) return null;
  const [trustDomain = "", ...segments] = uri.slice("spiffe://".length).split("/");
  if (!TRUST_DOMAIN.test(trustDomain)) return null;
  const plain = segments.every((segment) => SEGMENT.test(segment) && segment !== "." && segment !== "..");
  return plain ? { trustDomain, path: segments.map((segment) => `/${segment}`).join("") } : null;
}
