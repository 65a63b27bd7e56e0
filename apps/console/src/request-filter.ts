import type { IncomingHttpHeaders } from "node:http";
import { isCarried } from "./bff/gate.ts";
import { themeOf, THEME_COOKIE } from "./frame/theme.ts";

/** What of a request decides whether Next may see it. */
export interface RequestLine {
  readonly method?: string | undefined;
  /** The request target as it was sent. */
  readonly url?: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
}

/** Where the console is at home. */
export interface Home {
  /** Whether the host name of a Host header, without its port, is ours. */
  readonly isOurs: (hostname: string) => boolean;
  /** Where other hosts are sent, or null to refuse them. */
  readonly redirectTo: string | null;
}

/** Pass on to the pages or to the carrier, answer with an error, or send elsewhere. */
export type Judgement =
  | { readonly pass: true; readonly to: "pages" | "carrier" }
  | { readonly pass: false; readonly status: 308 | 400 | 404 | 405 | 414 | 421; readonly headers: Readonly<Record<string, string>> };

const TARGET_MAX = 2048;
const METHODS = new Set(["GET", "HEAD"]);
/** Next's own side doors: the image optimiser, the data routes of the older router, and its development tools. */
const CLOSED_PATHS = [/^\/_next\/image(?:$|[/?])/i, /^\/_next\/data(?:$|[/?])/i, /^\/__next/i, /^\/_next\/(?!static\/)/i];
/**
 * Headers by which Next talks to itself, or takes from a front what only a front may say. Each was, or could be, a way to pose as one of
 * the two: `x-middleware-subrequest` skipped the proxy (CVE-2025-29927), `next-action` calls a server action, and a policy on the request
 * would choose the nonce.
 */
const DROPPED = [/^x-middleware-/, /^x-nextjs-/, /^x-next-/, /^x-invoke-/, /^x-action-/, /^x-vercel-/, /^x-now-/, /^x-forwarded-/];
const DROPPED_EXACTLY = new Set([
  "next-resume",
  "next-action",
  "x-matched-path",
  "x-prerender-revalidate",
  "x-prerender-revalidate-if-generated",
  "x-original-url",
  "x-rewrite-url",
  "x-real-ip",
  "x-nonce",
  "forwarded",
  "content-security-policy",
  "content-security-policy-report-only",
]);

const refuse = (status: 400 | 404 | 405 | 414 | 421, headers: Readonly<Record<string, string>> = {}): Judgement => ({ pass: false, status, headers });

/** The host name of the one Host header, or null when there is none, more than one, or it is malformed. */
function hostnameOf(request: RequestLine): string | null {
  const count = request.rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === "host").length;
  const match = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+)(?::\d{1,5})?$/.exec(request.headers.host ?? "");
  return count === 1 ? (match?.[1]?.toLowerCase() ?? null) : null;
}

/** Control characters, backslashes and all that is not ASCII: parsers differ about them, so nobody needs to see them. */
function hasOddCharacter(target: string): boolean {
  return !/^[!-[\]-~]*$/.test(target);
}

/**
 * Judges a request before anything else sees it. Next gets a path on our own host, fetched with GET or HEAD and without a body, and none of
 * its side doors: there is nothing to upgrade, to post an action to, or to proxy through. A POST goes to the carrier's paths, and never to Next.
 */
export function judgeRequest(request: RequestLine, home: Home): Judgement {
  const target = request.url ?? "";
  if (target.length > TARGET_MAX) return refuse(414);
  if (!target.startsWith("/") || target.startsWith("//") || hasOddCharacter(target)) return refuse(400);
  const hostname = hostnameOf(request);
  if (hostname === null) return refuse(400);
  if (isCarried(target)) {
    if (request.method !== "POST") return refuse(405, { allow: "POST" });
    if (request.headers.upgrade !== undefined) return refuse(400);
    return home.isOurs(hostname) ? { pass: true, to: "carrier" } : refuse(421);
  }
  if (!METHODS.has(request.method ?? "")) return refuse(405, { allow: "GET, HEAD" });
  if (request.headers.upgrade !== undefined || request.headers["transfer-encoding"] !== undefined || Number(request.headers["content-length"] ?? 0) !== 0) return refuse(400);
  if (!home.isOurs(hostname)) return home.redirectTo === null ? refuse(421) : { pass: false, status: 308, headers: { location: home.redirectTo + target } };
  if (CLOSED_PATHS.some((path) => path.test(target))) return refuse(404);
  return { pass: true, to: "pages" };
}

/** Whether a request header is one that no browser has reason to send and Next would believe. */
export function isDroppedHeader(name: string): boolean {
  const lower = name.toLowerCase();
  return DROPPED_EXACTLY.has(lower) || DROPPED.some((pattern) => pattern.test(lower));
}

/**
 * Takes out of a request, in both of the forms that Node keeps, every header of {@link isDroppedHeader}, and every cookie but the theme's:
 * pages are made without knowing for whom, so none can hold, or be kept with, what is somebody's.
 */
export function dropHeaders(request: { headers: IncomingHttpHeaders; rawHeaders: string[] }): void {
  const theme = themeOf(request.headers.cookie);
  for (const name of Object.keys(request.headers)) if (isDroppedHeader(name) || name === "cookie") delete request.headers[name];
  request.rawHeaders = request.rawHeaders.filter((_, index, all) => {
    const name = all[index - (index % 2)] ?? "";
    return !isDroppedHeader(name) && name.toLowerCase() !== "cookie";
  });
  if (theme === "system") return;
  request.headers.cookie = `${THEME_COOKIE}=${theme}`;
  request.rawHeaders.push("Cookie", request.headers.cookie);
}
