import type { IncomingHttpHeaders } from "node:http";
import type { ErrorCode } from "@sallyport/errors";

/** What of a request decides whether the console carries it to the api. */
export interface GateRequest {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
}

/** Where an accepted request goes: a procedure, a watch, a part of an upload, or a step of signing in. */
export interface Passage {
  readonly kind: "call" | "watch" | "upload" | "session";
  readonly path: string;
}

type Verdict = { readonly pass: true; readonly passage: Passage } | { readonly pass: false; readonly code: ErrorCode; readonly status: number };

/** Whether a request target is the console's own, and never Next's. */
export const isCarried = (target: string): boolean => /^\/api\/(?:call|watch|upload|session)(?:\/|$)/.test(target);

/**
 * Procedures that people use. Others are for services; a new one of a listed router needs no change here. What a person
 * may do is the api's to say.
 */
const PROCEDURE =
  /^(?:access|alerts|approvals|archives|assignments|crossings|documents|emergencies|incidents|keys|locks|me|outbox|overview|packets|people|policy|profiles|recipients|reviews|signatures|spool|studies|subjects|submissions|trail|trailReviews|workloads)\.[a-z][A-Za-z]{1,39}$/;

/** Which part of which file of which packet; numbers in their one spelling. */
const PART = /^\/api\/upload\/(pkt_[0-9a-hjkmnp-tv-z]{26}\/[1-9]\d?\/(?:0|[1-9]\d{0,9}))$/;

/** The api's steps, and `resume`, which is the console's own. */
const STEPS = new Set([
  "resume",
  "end",
  "founding",
  "methods",
  "sign-in/passkey-options",
  "sign-in/passkey",
  "sign-in/password",
  "sign-in/provider-options",
  "sign-in/provider",
  "enrolment/open",
  "enrolment/passkey-options",
  "enrolment/passkey",
  "enrolment/totp-options",
  "enrolment/password",
  // Of services, which have no page: the command line comes here before it has a certificate of its own.
  "enrol-service",
]);

const refuse = (code: ErrorCode, status: number): Verdict => ({ pass: false, code, status });

function passageOf(url: string): Passage | null {
  const [, part] = PART.exec(url) ?? [];
  if (part !== undefined) return { kind: "upload", path: part };
  const [, kind, path = ""] = /^\/api\/(call|watch|session)\/([A-Za-z./-]{1,80})$/.exec(url) ?? [];
  if (kind === "session") return STEPS.has(path) ? { kind, path } : null;
  return (kind === "call" || kind === "watch") && PROCEDURE.test(path) ? { kind, path } : null;
}

/** The one value of a header, or null where it is missing or sent more than once. */
function only(request: GateRequest, name: string): string | null {
  const count = request.rawHeaders.filter((each, index) => index % 2 === 0 && each.toLowerCase() === name).length;
  const value = request.headers[name];
  return count === 1 && typeof value === "string" ? value : null;
}

/**
 * Judges a POST before its body is read: it must come from a page of this very origin, say so by a header that no form can send and no
 * other origin may, and be JSON; a part of an upload is bytes of a length that is announced. The host was judged before, so the origin is
 * held against it.
 */
export function judgeCarried(request: GateRequest, isTls: boolean): Verdict {
  const passage = passageOf(request.url);
  if (passage === null) return refuse("input.not_found", 404);
  const origin = `${isTls ? "https" : "http"}://${request.headers.host ?? ""}`;
  if (only(request, "origin") !== origin.toLowerCase()) return refuse("session.origin", 403);
  const site = request.headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin") return refuse("session.origin", 403);
  if (only(request, "x-sallyport") !== "1") return refuse("session.origin", 403);
  const type = passage.kind === "upload" ? /^application\/octet-stream$/ : /^application\/json(?:; ?charset=utf-8)?$/i;
  if (!type.test(only(request, "content-type") ?? "")) return refuse("input.media_type", 415);
  if (request.headers["content-encoding"] !== undefined) return refuse("input.media_type", 415);
  if (passage.kind === "upload" && !/^[1-9]\d{0,9}$/.test(only(request, "content-length") ?? "")) return refuse("input.invalid", 400);
  return { pass: true, passage };
}
