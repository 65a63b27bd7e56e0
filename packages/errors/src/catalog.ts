/** Which of the boundary's controls a failure belongs to (DESIGN, the five pillars, and what stands around them). */
export type Pillar = "workload" | "principal" | "policy" | "phi" | "trail" | "input" | "service";

/** What a failure is to the trail: a refusal of the caller, a refusal of the input, or a failure of ours. */
export type Outcome = "denied" | "rejected" | "failed";

/** The facts of one failure. `status` is the HTTP status; `remedy` is what a person should do next. */
export interface ErrorFacts {
  readonly status: 400 | 401 | 403 | 404 | 405 | 409 | 413 | 415 | 429 | 500 | 503;
  readonly pillar: Pillar;
  readonly outcome: Outcome;
  /** Whether the same call, with the same idempotency key, may succeed later without a change. */
  readonly retry: boolean;
  /** What happened and whether anything changed, for people. */
  readonly message: string;
  /** What to do next, for people. */
  readonly remedy: string;
}

const denied = (status: 401 | 403, pillar: Pillar, message: string, remedy: string): ErrorFacts => ({
  status,
  pillar,
  outcome: "denied",
  retry: false,
  message,
  remedy,
});
const rejected = (status: ErrorFacts["status"], message: string, remedy: string): ErrorFacts => ({
  status,
  pillar: "input",
  outcome: "rejected",
  retry: false,
  message,
  remedy,
});
const unavailable = (pillar: Pillar, message: string, remedy: string): ErrorFacts => ({
  status: 503,
  pillar,
  outcome: "failed",
  retry: true,
  message,
  remedy,
});
const stopped = (message: string): ErrorFacts => ({ ...unavailable("trail", message, "Two people have to end the incident."), retry: false });
const failed = (pillar: Pillar, message: string, remedy: string): ErrorFacts => ({
  status: 500,
  pillar,
  outcome: "failed",
  retry: false,
  message,
  remedy,
});

const RENEW = "Ask for a new token with the certificate that you call with, then repeat the request.";
const RETRY = "Nothing was changed. Repeat the request with the same idempotency key in a few seconds.";
const ASK = "Ask a security administrator whether your role and sites should cover this.";

/**
 * The only place where a failure gets a name. Codes are stable: clients branch on them.
 * The texts hold no value of any request, so nothing in an error can leak.
 */
export const catalog = {
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
  // Input.
  "input.invalid": rejected(400, "The input is not what this procedure takes. Nothing was changed.", "Correct the named fields and send it again."),
  "input.too_large": rejected(413, "The request is larger than this route takes. Nothing was changed.", "Send less at once."),
  "input.media_type": rejected(415, "This route takes application/json only.", "Send the body as application/json."),
  "input.method": rejected(405, "This route takes POST only.", "Send the request as POST."),
  "input.not_found": rejected(404, "There is no such route.", "Check the procedure's name."),
  "input.cursor": rejected(400, "The cursor was not issued for this list and caller.", "Start the list again without a cursor."),
  "input.idempotency_missing": rejected(400, "A change needs an idempotency key. Nothing was changed.", "Send an idempotency-key header of 16 to 64 characters."),
  "input.idempotency_reused": rejected(409, "This idempotency key was used for another request. Nothing was changed.", "Send a new idempotency key."),
  "packet.invalid": rejected(400, "The packet holds a file that isn't taken. Nothing was stored.", "Correct the file at the named place and send it again."),
  "profile.invalid": rejected(
    400,
    "The classification profile is not one that can be used. Nothing was changed.",
    "Correct the document at the named places and propose it again.",
  ),
  "profile.version": rejected(
    409,
    "This is not the version that follows the one in force. Nothing was changed.",
    "Take the version in force as the beginning, give your draft the next number, and propose it again.",
  ),
  "packet.offset": rejected(409, "Another part of this file is next. Nothing of this one was kept.", "Go on at the offset that the answer names."),
  "packet.incomplete": rejected(409, "A file of this upload is not wholly received. Nothing was changed.", "Send the parts that are missing, then complete the upload again."),
  "packet.digest": rejected(
    400,
    "What was received is not what was hashed. The upload stays as it is.",
    "Check that the file did not change meanwhile, then complete the upload again with the right digests, or abandon it and begin anew.",
  ),
  "drop.delivery": rejected(
    400,
    "The delivery is not one that can be taken. Nothing of it was stored.",
    "Correct it at the named place, put it into the drop again, and its marker last.",
  ),
  "drop.changed": rejected(
    409,
    "The delivery changed while it was read. Nothing of it was stored.",
    "Put every file in place first and the marker last; the next round looks again.",
  ),
  "packet.unfinished": rejected(409, "Too many of your uploads are unfinished. Nothing was stored.", "Complete or abandon one of them first."),
  "packet.state": rejected(409, "The packet is not in a state that allows this. Nothing was changed.", "Look at the packet's state first."),
  "packet.conflict": rejected(409, "The packet contradicts what is stored. Nothing was changed.", "Reject the packet, or have the difference resolved first."),
  "packet.withdrawn": rejected(
    409,
    "The packet brings new or changed records of subjects who have withdrawn consent. Nothing was changed.",
    "Reject the packet; or, where all of it was collected before they withdrew, state that with the release.",
  ),
  "subject.state": rejected(409, "The subject is not in a state that allows this. Nothing was changed.", "Look at how the subject stands first."),
  "registration.conflict": rejected(409, "This is registered already, differently. Nothing was changed.", "Look at what is registered first."),
  "approval.state": rejected(409, "This request is no longer open, or was used already. Nothing was changed.", "Look at the request, and ask anew where it is still needed."),
  "approval.changed": rejected(409, "What was shown is not what would happen now. Nothing was changed.", "Look at the request again before you decide."),
  "assignment.state": rejected(
    409,
    "This role is held there in that time already, or isn't held there any more. Nothing was changed.",
    "Look at what the person or service holds first.",
  ),
  "import.invalid": rejected(
    400,
    "A line of the file can't be imported as things stand, so none was. Nothing was changed.",
    "Look at the preview of the file, correct the named lines, and import it again.",
  ),
  "site.state": rejected(409, "This site is closed, or open, already, or isn't the study's. Nothing was changed.", "Look at the study's sites first."),
  "lock.state": rejected(409, "This is stopped already, or its lock is lifted already. Nothing was changed.", "Look at the locks first."),
  "lock.repeated": rejected(
    409,
    "You stopped this administrator already within the last seven days. Nothing was changed.",
    "Ask for their suspension, or have another administrator stop them.",
  ),
  "incident.state": rejected(409, "The incident is ended, or its chain hasn't gone on yet. Nothing was changed.", "Look at it first."),
  "emergency.unreviewed": rejected(
    409,
    "Your last emergency access hasn't been reviewed by somebody else yet. Nothing was opened.",
    "Ask an administrator to review it, or a colleague with a right at the site to look.",
  ),
  "emergency.needless": rejected(409, "You may open this subject without an emergency. Nothing was opened.", "Open the subject as usual."),
  "emergency.state": rejected(
    409,
    "This emergency access is still open, has ended, or is reviewed already. Nothing was changed.",
    "Look at it first: it is reviewed once, after it has ended.",
  ),
  "emergency.changed": rejected(
    409,
    "What was read under this emergency access isn't what you were shown. Nothing was recorded.",
    "Load it again, look at what was read, and decide then.",
  ),
  "review.signed": rejected(409, "This review is signed off, and nothing about it changes any more. Nothing was changed.", "Open a new review."),
  "review.open": rejected(
    409,
    "Lines of this review are undecided, or an ending that was decided isn't carried out yet. Nothing was changed.",
    "Decide the remaining lines, and have the requests that they name approved.",
  ),
  "trailreview.signed": rejected(409, "This review of the trail is signed off. Nothing was changed.", "Open a new review."),
  "trailreview.open": rejected(409, "Items of this review of the trail are undecided. Nothing was changed.", "Have its reviewer decide them first."),
  "trailreview.not_assigned": rejected(409, "This review of the trail isn't assigned to you. Nothing was changed.", "Have it assigned to you, or leave it to its reviewer."),
  "trailreview.changed": rejected(409, "The selection, made again, isn't the same. Nothing was signed off.", "Have the trail verified, and look at both: then open a new review."),
  "trailreview.size": rejected(
    409,
    "There is more to look through than one review of the trail holds. Nothing was opened.",
    "Open several: by site, by risk, or of a shorter period.",
  ),
  "search.taken": rejected(409, "You keep a search under this name already. Nothing was changed.", "Choose another name, or rename the other one first."),
  "search.full": rejected(409, "You keep as many searches as there is place for. Nothing was changed.", "Delete one that you don't need any more."),
  "workload.request": rejected(
    400,
    "This is not a certificate request that this service may make: another kind of key, more than its own name, or no proof that it holds the key. Nothing was issued.",
    "Make it with sallyport enrol or sallyport renew, on the machine that the service runs on.",
  ),
  "workload.taken": rejected(409, "This name was given to a service already, and is never given again. Nothing was changed.", "Choose another name."),
  "workload.state": rejected(409, "This service has been offboarded, for good. Nothing was changed.", "Create another service, under another name."),
  "people.taken": rejected(409, "This user name belongs to somebody. Nothing was changed.", "Choose another user name."),
  "people.state": rejected(409, "This person is not in a state that allows this. Nothing was changed.", "Look at how the person stands first."),
  "people.floor": rejected(409, "Two active administrators have to remain. Nothing was changed.", "Have another administrator enrol first."),
  "people.last_authenticator": rejected(409, "This is the only authenticator left. Nothing was changed.", "Add another one first."),
  "password.weak": rejected(
    400,
    "This password is too short or on a list of known ones. Nothing was stored.",
    "Use at least fifteen characters that nobody would guess; a few unrelated words do.",
  ),
  "totp.mismatch": rejected(400, "The code is not the one that the shared secret gives now. Nothing was stored.", "Check the authenticator's clock and enter the next code."),
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
  // Start and operation: seen by operators, never on the wire.
  "drop.unreachable": unavailable(
    "service",
    "The SFTP server can't be reached, or broke off. What was sent of a delivery stays.",
    "Check the server and its address; the next round goes on.",
  ),
  "drop.host_key": denied(
    403,
    "workload",
    "The SFTP server didn't show the host key that is pinned. Nothing was said to it.",
    "Ask the site for its host key's fingerprint by another way, and pin that one if it was changed.",
  ),
  "drop.login": denied(403, "workload", "The SFTP server didn't take the key. Nothing was read.", "Have the public key put in place for this user at the site's server."),
  "drop.refused": unavailable(
    "service",
    "The SFTP server refused an operation in the drop's folder. What was decided of a delivery stays.",
    "Let the drop's user read, write and rename there, and look for a full disk; the next round goes on.",
  ),
  "setting.invalid": rejected(400, "A setting is missing or wrong.", "Correct the named setting and start again."),
  "secret.missing": rejected(400, "A secret is missing.", "Provide the named file or setting and start again."),
  "secret.weak": rejected(400, "A secret is too short or an example.", "Replace the named secret with a random one."),
  "secret.exposed": rejected(400, "A secret can be read by others, or belongs to someone else.", "Give the named file to this user alone (chmod 600)."),
  "database.unreachable": unavailable("service", "The database can't be reached.", "Check the database and its address."),
  "database.insecure": rejected(400, "The database connection or its durability is not safe.", "Use sslmode=verify-full, and fsync, full_page_writes and synchronous_commit on."),
  "database.newer": rejected(400, "The database's schema is newer than this version.", "Start the newer version."),
  "database.altered": rejected(400, "The database's schema was not made by this version's migrations.", "Start the version that made it, or restore the database."),
  "database.foreign": rejected(400, "The database belongs to another deployment.", "Point the settings at this deployment's database."),
  "port.taken": rejected(400, "A port is in use.", "Stop the other program or choose another port."),
  "custodian.locked": rejected(409, "The custodian's store is in use.", "Stop Sallyport first."),
  "custodian.store": rejected(400, "The custodian's store can't be opened.", "Restore it from its backup together with its root key."),
  "bundle.unreadable": rejected(400, "This is not an export bundle.", "Name the folder that the export wrote."),
  "bundle.exists": rejected(400, "The folder for the export is not empty. Nothing was written.", "Name a new or empty folder."),
  "file.exists": rejected(400, "There is a file of that name already. Nothing was written.", "Name a new file."),
  "cursor.unreadable": rejected(
    400,
    "The cursor isn't one that this command wrote. Nothing was handed on.",
    "Name the right file; or begin anew with another one, and with another file for the events.",
  ),
  "cursor.diverged": failed(
    "trail",
    "What the trail says next doesn't follow what was handed on last, so nothing more of it was.",
    "Have the chain verified: it may have been cut, put back or altered. Where the deployment was set up anew, begin with another cursor.",
  ),
  "verb.invalid": rejected(400, "The custodian was sent something that it does not take.", "Report the request id."),
  "verb.refused": denied(403, "trail", "The custodian refused: this would rewrite what is already signed, or is not what was approved.", "Tell a security administrator at once."),
} as const satisfies Record<string, ErrorFacts>;

/** Every failure's stable code. */
export type ErrorCode = keyof typeof catalog;

/** Whether a string is a code of the catalogue. */
export const isErrorCode = (value: unknown): value is ErrorCode => typeof value === "string" && Object.hasOwn(catalog, value);
