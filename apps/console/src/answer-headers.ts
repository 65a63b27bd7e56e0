import type { OutgoingHttpHeader, ServerResponse } from "node:http";

const ALWAYS: Readonly<Record<string, string>> = {
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
  "cross-origin-resource-policy": "same-origin",
  "origin-agent-cluster": "?1",
  "x-dns-prefetch-control": "off",
  "x-permitted-cross-domain-policies": "none",
  "permissions-policy":
    "accelerometer=(), camera=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), payment=(), usb=(), publickey-credentials-create=(self), publickey-credentials-get=(self), clipboard-write=(self)",
};

/** The policy of an answer that is no page: it may load and run nothing at all. A page's own replaces it. */
const NO_PAGE = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
const KEPT_A_YEAR = "public, max-age=31536000, immutable";
const NOT_KEPT = "private, no-store";

/**
 * Sets the headers that every answer carries, and holds `cache-control` to the last moment, because Next sets its own: files with a
 * digest in their name may be kept, and nothing else may, by anyone.
 */
export function sealAnswer(response: ServerResponse, target: string, isTls: boolean): void {
  for (const [name, value] of Object.entries(ALWAYS)) response.setHeader(name, value);
  response.setHeader("content-security-policy", NO_PAGE);
  if (isTls) response.setHeader("strict-transport-security", "max-age=31536000; includeSubDomains");
  const isDigested = target.startsWith("/_next/static/");
  const writeHead = response.writeHead.bind(response) as (status: number, ...rest: unknown[]) => ServerResponse;
  response.writeHead = ((status: number, ...rest: unknown[]) => {
    response.setHeader("cache-control", isDigested && status === 200 ? KEPT_A_YEAR : NOT_KEPT);
    response.removeHeader("x-nextjs-cache");
    const given = rest.find((each): each is Record<string, OutgoingHttpHeader> => typeof each === "object" && each !== null && !Array.isArray(each));
    if (given !== undefined) delete given["cache-control"];
    return writeHead(status, ...rest);
  }) as ServerResponse["writeHead"];
}
