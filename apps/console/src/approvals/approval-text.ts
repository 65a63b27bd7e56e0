import type { OutputOf } from "../api/procedures.ts";
import type { BadgeTone } from "../components/states.tsx";

export type Approval = OutputOf<"approvals.list">["items"][number];
export type ApprovalDetail = OutputOf<"approvals.get">;

export const KIND_TEXT: Readonly<Record<Approval["kind"], string>> = {
  "access.request": "Give access that was asked for",
  "person.invite": "Invite a person",
  "person.suspend": "Suspend an administrator",
  "person.reinstate": "Reinstate a person",
  "authenticator.recover": "Recover a lost authenticator",
  "phi.bulk_reveal": "Reveal several fields at once",
  "profile.change": "Change a classification profile",
  "role.assign": "Assign a powerful role",
  "role.end": "End an administrator's role",
  "person.offboard": "Offboard an administrator",
  "lock.lift": "Lift a colleague's lock",
  "policy.change": "Change the policy",
  "workload.enrol": "Enrol a service",
  "workload.offboard": "Offboard a service",
  "keys.activate": "Put the next key in use",
  "keys.destroy": "Destroy a retired key",
  "recipient.change": "Register, replace or withdraw a recipient of packets",
  "egress.release": "Release a packet to its recipient",
  "route.change": "Change the routes to a recipient",
  "packet.resend": "Send a packet in doubt again",
  "subject.shred": "Shred a subject",
  "study.retention": "Change a study's retention",
  "incident.release": "End an incident of the trail",
  "trail.archive": "Archive a generation of the trail",
  "spool.discard": "Discard what waits in the spool",
};

export const STATE_TEXT: Readonly<Record<Approval["state"], { readonly text: string; readonly tone: BadgeTone }>> = {
  requested: { text: "open", tone: "caution" },
  approved: { text: "approved", tone: "stands" },
  rejected: { text: "rejected", tone: "shut" },
  withdrawn: { text: "withdrawn", tone: "neutral" },
  expired: { text: "expired", tone: "neutral" },
  done: { text: "done", tone: "stands" },
};

export const WHY_NOT_TEXT: Readonly<Record<NonNullable<Approval["whyNot"]>, string>> = {
  own_request: "You asked for this yourself, or it is about you, so somebody else has to decide.",
  already_voted: "You have decided on this already.",
  not_open: "This is no longer open.",
  no_right: "Your roles don't allow you to decide on this.",
};

/** The proposal of a policy that a statement is over; null where it names none. */
export const proposalNamed = (statement: string): string | null => /\bpol_[0-9a-hjkmnp-tv-z]{26}\b/.exec(statement)?.[0] ?? null;

/** A digest in groups of eight, so that two people can read it to each other. */
export const groupsOf = (digest: string): readonly string[] => digest.match(/.{1,8}/g) ?? [];

/** How long until then, roughly; null where it is over. */
export function timeLeft(at: string, nowMs: number): string | null {
  const minutes = Math.floor((Date.parse(at) - nowMs) / 60_000);
  if (minutes < 0) return null;
  if (minutes < 90) return `${minutes} min left`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h left` : `${Math.round(hours / 24)} days left`;
}
