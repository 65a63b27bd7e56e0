import { z } from "zod";
import { AssignmentPlace, PersonId, PrintedName, StepUp, Username, WebAuthnJson } from "./people.ts";
import { Count, Cursor, Day, FieldName, Hex64, IsoTime, PageLimit, Purpose, Reason, RoleName, StudyId, SubjectId } from "./primitives.ts";
import { strict } from "./strict.ts";
import { Evidence } from "./trail.ts";

export const ApprovalId = z.string().regex(/^apr_[0-9a-hjkmnp-tv-z]{26}$/);

/** What needs two people. One list: what comes later is added here. */
export const ApprovalKind = z.enum([
  "access.request",
  "person.invite",
  "person.suspend",
  "person.reinstate",
  "authenticator.recover",
  "phi.bulk_reveal",
  "role.assign",
  "role.end",
  "lock.lift",
  "person.offboard",
  "profile.change",
  "policy.change",
  "workload.enrol",
  "workload.offboard",
  "incident.release",
  "keys.activate",
  "keys.destroy",
  "recipient.change",
  "egress.release",
  "route.change",
  "packet.resend",
  "trail.archive",
  "subject.shred",
  "study.retention",
  "spool.discard",
]);
export type ApprovalKind = z.infer<typeof ApprovalKind>;

export const ApprovalState = z.enum(["requested", "approved", "rejected", "withdrawn", "expired", "done"]);

/** How an approval was proven: `passkey` is verified by the custodian against its own store, `server-attested` is the api's word. */
export const ProofKind = z.enum(["passkey", "server-attested"]);

export const ApprovalVote = z.strictObject({
  personId: PersonId,
  printedName: z.string(),
  verdict: z.enum(["approve", "reject"]),
  /** Null for a rejection: it proves nothing over the statement. */
  proof: ProofKind.nullable(),
  at: IsoTime,
});

/** One line of what will be so once it is approved, in words, with what is so now. Never a value of a subject's. */
export const EffectLine = z.strictObject({ what: z.string(), before: z.string().nullable(), after: z.string().nullable() });

export const ApprovalSummary = z.strictObject({
  approvalId: ApprovalId,
  kind: ApprovalKind,
  /** What it is about, in one line: a person's name, or a subject's label. */
  about: z.string(),
  state: ApprovalState,
  requestedBy: z.strictObject({ personId: PersonId, printedName: z.string() }),
  requestedAt: IsoTime,
  expiresAt: IsoTime,
  needed: z.int().min(1).max(3),
  votes: z.array(ApprovalVote),
  /** SHA-256 of the act's canonical statement: what a passkey signs. */
  digest: Hex64,
  /** Whether the caller may decide it now, and if not, why. */
  mayDecide: z.boolean(),
  whyNot: z.enum(["own_request", "already_voted", "not_open", "no_right"]).nullable(),
  isMine: z.boolean(),
});

/** `decide` are those that wait for the caller's decision, `expired` those that nobody decided or used in time. */
export const ListApprovalsInput = strict({
  show: z.enum(["open", "decide", "mine", "expired", "all"]).default("open"),
  kind: ApprovalKind.optional(),
  cursor: Cursor.optional(),
  limit: PageLimit,
});
/** `waiting` counts what the caller may decide now. */
export const ListApprovalsOutput = strict({ items: z.array(ApprovalSummary), waiting: Count, next: Cursor.nullable() });

export const GetApprovalInput = strict({ approvalId: ApprovalId });
/** `statement` is the exact text that is hashed; `challenge` are assertion options whose challenge is the digest, null where the caller has no passkey. */
export const GetApprovalOutput = strict({
  ...ApprovalSummary.shape,
  reason: z.string(),
  effect: z.array(EffectLine),
  statement: z.string(),
  challenge: WebAuthnJson.nullable(),
});

/**
 * `digest` is what the person was shown: another one is refused, so nobody approves what they did not see. `proof` is over that digest and
 * for an approval alone; a rejection takes null (else `input.invalid`), because an assertion that was made to reject would approve as well.
 */
export const DecideApprovalInput = strict({ approvalId: ApprovalId, digest: Hex64, verdict: z.enum(["approve", "reject"]), reason: Reason, proof: StepUp.nullable() });
export const DecideApprovalOutput = strict({ approval: ApprovalSummary, evidence: z.array(Evidence) });

export const WithdrawApprovalInput = strict({ approvalId: ApprovalId, reason: Reason });
export const ApprovalOutput = strict({ approval: ApprovalSummary });

/** Requests, one procedure a kind: `approvals.requestInvite` and so on. Each answers the request as it stands. */
/** Somebody new. With `until`, their role ends by itself then: an inspector is invited as an auditor of one site, until the inspection is over. */
export const RequestInviteInput = strict({
  username: Username,
  printedName: PrintedName,
  role: RoleName,
  ...AssignmentPlace.shape,
  until: IsoTime.optional(),
  reason: Reason,
});
export const RequestSuspendInput = strict({ personId: PersonId, reason: Reason });
export const RequestReinstateInput = strict({ personId: PersonId, reason: Reason });
export const RequestOffboardInput = strict({ personId: PersonId, reason: Reason });
/** For somebody who lost what they sign in with: their authenticators and sessions end, and a link to enrol again is made. */
export const RequestRecoveryInput = strict({ personId: PersonId, reason: Reason });
/** Opening many masked fields of one subject at once. */
export const RequestBulkRevealInput = strict({ subjectId: SubjectId, fields: z.array(FieldName).min(1).max(200), purpose: Purpose, reason: Reason });
/** Destroying what opens a subject's data, for good: two others approve it by passkey. */
export const RequestShredInput = strict({ subjectId: SubjectId, reason: Reason });
/** Saying until when a study's data are kept. */
export const RequestRetentionInput = strict({ study: StudyId, until: Day, reason: Reason });
