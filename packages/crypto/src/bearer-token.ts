import { SallyportError } from "@sallyport/errors";

const SCHEME = "Bearer ";

/**
 * The token of the one `Authorization` field of a request (RFC 6750 §2.1).
 *
 * Give it every value that came in (`req.headersDistinct.authorization`): Node's `req.headers` keeps the first of two
 * without a word, and another hop might act on the second.
 *
 * @throws SallyportError `token.missing` where there is none, more than one, or another scheme.
 */
export function bearerToken(values: readonly string[] | undefined): string {
  const [value, ...others] = values ?? [];
  if (value === undefined || others.length > 0 || !value.startsWith(SCHEME) || value.length === SCHEME.length) throw new SallyportError("token.missing");
  return value.slice(SCHEME.length);
}
