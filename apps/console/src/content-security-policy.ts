/**
 * The policy of every page: nothing but our own files, scripts only with this answer's nonce, and no string ever becomes a script. Of the
 * Trusted Types' names `nextjs` is Next's own policy, and `default` is that of instrumentation-client.ts, which takes addresses of this build's
 * files and of the two workers alone. There is no inline script or style without the nonce, and no attribute style.
 */
export function contentSecurityPolicy(nonce: string): string {
  return [
    "default-src 'none'",
    `script-src 'nonce-${nonce}' 'strict-dynamic'`,
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self'",
    "font-src 'self'",
    "connect-src 'self'",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types nextjs default",
  ].join("; ");
}

/** The nonce of a policy; empty where there is none. */
export const nonceIn = (policy: string | null): string => /'nonce-([A-Za-z0-9+/=]+)'/.exec(policy ?? "")?.[1] ?? "";
