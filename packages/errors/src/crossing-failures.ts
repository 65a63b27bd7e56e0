import { ASK, denied, failed, rejected, RENEW, RETRY, stopped, unavailable, type ErrorFacts } from "./error-facts.ts";

/** Failures of the five controls, and of the service around them, as a caller meets them. */
export const crossingFailures = {
  // Workload: who is calling (mTLS).
  "workload.invalid": denied(403, "workload", "The certificate does not name exactly one workload of this deployment.", "Enrol the workload again."),
  "workload.revoked": denied(403, "workload", "The certificate has expired or was revoked.", "Enrol the workload again."),
  "workload.not_allowed": denied(403, "workload", "This workload may not call this route.", "Call with the workload that the route is meant for."),
  "workload.code": denied(
    403,
    "workload",
    "This code is not good: it is no code, was used, is not approved, or its time is over. Nothing was issued.",
    "Ask a security administrator for a new code.",
  ),
  "workload.crl_stale": unavailable("workload", "The revocation list is stale, so no certificate can be trusted.", "Check that the custodian is running."),
  // Principal: who is acting (token).
  "token.missing": denied(401, "principal", "The request carries no single bearer token.", RENEW),
  "token.malformed": denied(401, "principal", "The token is not in its one canonical spelling.", RENEW),
  "token.algorithm": denied(401, "principal", "The token's header is not the one that this deployment issues.", RENEW),
  "token.key": denied(401, "principal", "The token names a key that is not in force.", RENEW),
  "token.signature": denied(401, "principal", "The token's signature does not verify.", RENEW),
  "token.claims": denied(401, "principal", "The token's claims are not the ones that this deployment issues.", RENEW),
  "token.time": denied(401, "principal", "The token is expired, not yet valid, or valid for too long.", RENEW),
  "token.binding": denied(401, "principal", "The token was issued to another certificate or workload.", RENEW),
  "token.revoked": denied(401, "principal", "The token or its principal was revoked.", "Ask a security administrator."),
  "signin.failed": denied(
    401,
    "principal",
    "This did not prove who you are. Nothing was changed.",
    "Try again, or use another of your authenticators. After five failures this way of signing in is locked for fifteen minutes.",
  ),
  "signin.locked": denied(401, "principal", "This way of signing in is locked after too many failures.", "Wait fifteen minutes, or use a passkey."),
  "session.idle": denied(401, "principal", "You were signed out after fifteen minutes without activity.", "Sign in again."),
  "session.expired": denied(401, "principal", "A session lasts twelve hours at most, and this one has.", "Sign in again."),
  "session.ended": denied(401, "principal", "This session was ended.", "Sign in again. If it was not you who ended it, tell a security administrator."),
  "session.missing": denied(401, "principal", "Nobody is signed in here.", "Sign in."),
  "session.other": denied(401, "principal", "Somebody else is signed in here now, so this page was closed.", "Sign in again, if it is you who works here."),
  "session.origin": denied(403, "principal", "The request didn't come from a page of this console, so it was not looked at.", "Open the console itself and try again there."),
  "stepup.failed": denied(401, "principal", "The proof over this act did not verify, so nothing was done.", "Try again with your passkey, or with your password and a new code."),
  "enrolment.invalid": denied(403, "principal", "This link is not good: it was used, has expired, or was replaced by a newer one.", "Ask for a new link."),
  "enrolment.refused": denied(403, "principal", "The authenticator's registration did not verify. Nothing was stored.", "Start again, with the same link."),
  "founding.unfinished": denied(403, "principal", "Nobody can sign in until both founding administrators have enrolled.", "Have the second founding link used."),
  // Policy: may they do this, to that, there.
  "policy.denied": denied(403, "policy", "No rule allows this.", ASK),
  "policy.separation": denied(403, "policy", "The same person may not do both of these acts.", "Ask a colleague with this right to do it."),
  "approval.required": denied(403, "policy", "This needs a second person's approval. Nothing was changed.", "Ask for the approval, then repeat the act."),
  "approval.passkey": denied(
    403,
    "policy",
    "This is approved with a passkey alone, one that was enrolled by a founding link, an approval or another such passkey. Nothing was changed.",
    "Approve it with such a passkey, or ask a colleague who has one.",
  ),
  "policy.unsigned": denied(403, "policy", "The active policy is not the one that was signed, so everything is denied.", "Tell a security administrator at once."),
  "policy.invalid": rejected(400, "The policy document can't be compiled. Nothing was changed.", "Correct the document at the named places and propose it again."),
  "policy.tests_failed": rejected(
    409,
    "Not all tests of this policy pass, so it can't be put to approval. Nothing was changed.",
    "Correct the policy or its tests, and propose it again.",
  ),
  "policy.stale": rejected(409, "This proposal was made from a policy that isn't the active one any more. Nothing was changed.", "Make it again from the active policy."),
  "policy.unavailable": unavailable("policy", "The policy could not be read, so nothing can be decided.", RETRY),
  // PHI: what is opened.
  "phi.integrity": denied(403, "phi", "A stored value did not authenticate, so it was not opened.", "Report the request id: the stored data may have been altered."),
  "keys.unavailable": unavailable("phi", "The key service can't be reached, so nothing was opened or stored.", RETRY),
  "profile.unsigned": denied(
    403,
    "phi",
    "The study's classification profile is not there, or not the one that was signed, so nothing of the study is taken in, released or read.",
    "Tell a security administrator at once.",
  ),
  // Trail: that it is on record.
  "trail.unavailable": unavailable("trail", "The trail can't be written, so nothing was done.", RETRY),
  "trail.contended": unavailable("trail", "The trail's head moved too often, so nothing was done.", RETRY),
  "trail.frozen": stopped("The database is not what was signed last. Nothing was changed."),
  "trail.quarantined": stopped("The chain is under an incident. Nothing was changed."),
  "trail.unrepresentable": failed("trail", "A record can't hold this value, so nothing was done.", "Report the request id."),
  "trail.unreadable": failed("trail", "A stored record is not in its one canonical spelling.", "Verify the chain: the stored trail may have been altered."),
  "trail.unprovable": failed(
    "trail",
    "What is stored there is not what was signed, so there is no proof of it.",
    "Have the chain verified: the stored trail may have been altered.",
  ),
  "trail.unanchored": unavailable(
    "trail",
    "The trail has not been anchored elsewhere for longer than is allowed, so this act is stopped. Nothing was changed.",
    "Wait until a witness is reached again; an administrator sees which one on the overview.",
  ),
  "anchor.unavailable": unavailable("trail", "An anchor of the trail could not be reached, or didn't answer as one does.", RETRY),
  "anchor.refused": failed(
    "trail",
    "An anchor of the trail knows of another history, or its answer isn't one to this checkpoint.",
    "Have the chain verified, and compare it with what the anchor has.",
  ),
  "note.invalid": failed("trail", "A signed note is malformed or is not signed by the expected key.", "Verify the chain and check the key's fingerprint."),
  "trail.awaiting_evidence": unavailable(
    "trail",
    "The act stands, but its checkpoint could not be signed yet.",
    "Repeat the request with the same idempotency key to get the receipt.",
  ),
  // Service.
  "service.limited": { status: 429, pillar: "service", outcome: "rejected", retry: true, message: "Too many requests.", remedy: "Wait a second, then send fewer at once." },
  "service.busy": unavailable("service", "The service is at its limit. Nothing was changed.", RETRY),
  "service.unavailable": unavailable("service", "The service can't serve this now. Nothing was changed.", RETRY),
  "service.stopping": unavailable("service", "The service is stopping. Nothing was changed.", RETRY),
  internal: failed("service", "Something failed on our side. Nothing was changed.", "Report the request id."),
  // Connection: what a client, the console among them, says of a call that got no answer; never on the api's wire.
  "connection.refused": unavailable(
    "service",
    "The api can't be reached. Nothing was sent.",
    "Check that Sallyport is running, that the address is right, and that the certificate was not revoked.",
  ),
  "connection.lost": unavailable(
    "service",
    "The connection ended without an answer, so it is unknown whether the act was done.",
    "Repeat the request with the same idempotency key. If it keeps failing, check that the certificate was not revoked.",
  ),
  "connection.untrusted": denied(
    403,
    "workload",
    "The server did not prove to be the api of this deployment. Nothing was sent.",
    "Check the address, the trust domain and the authority that you trust.",
  ),
  "connection.rejected": denied(403, "workload", "The api did not accept this certificate.", "Enrol the workload again, or ask whether it was revoked."),
} as const satisfies Record<string, ErrorFacts>;
