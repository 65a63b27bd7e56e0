import { type NextRequest, NextResponse } from "next/server";
import { contentSecurityPolicy } from "./src/content-security-policy.ts";

const NONCE_BYTES = 18;

/**
 * Gives each page a nonce of its own. Next reads it from the policy on the request and sets it on what it renders.
 * Nothing is decided here: a proxy that is walked around costs a page its scripts, and no one their safety.
 */
export function proxy(request: NextRequest): NextResponse {
  const nonce = Buffer.from(crypto.getRandomValues(new Uint8Array(NONCE_BYTES))).toString("base64");
  const policy = contentSecurityPolicy(nonce);
  const headers = new Headers(request.headers);
  headers.set("content-security-policy", policy);
  const response = NextResponse.next({ request: { headers } });
  response.headers.set("content-security-policy", policy);
  return response;
}

export const config = { matcher: ["/((?!_next/static/|api/).*)"] };
