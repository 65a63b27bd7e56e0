import type { BundleExtras } from "@sallyport/audit/bundle-folder";
import { catalog } from "@sallyport/errors";
import type { Action } from "@sallyport/policy";

/** Every act of the policy in words, for the reader of an export. */
const ACTS = {
  "packet.upload": "A packet was uploaded into quarantine; or its upload was begun, looked at, or given up.",
  "packet.read": "Packets were listed or looked at, without their content.",
  "packet.inspect": "A packet in quarantine was inspected: its checks, a masked preview, and how it differs from what is stored.",
  "packet.release": "A packet was released from quarantine.",
  "packet.reject": "A packet in quarantine was rejected.",
  "subject.list": "Subjects were listed, masked.",
  "subject.read": "A subject was opened; masked fields stayed masked.",
  "subject.withdraw": "A subject's withdrawal of consent was recorded, or recorded as an error.",
  "subject.transfer": "A subject was moved to another site of its study.",
  "phi.read": "One field of one subject was revealed.",
  "document.read": "A document was read.",
  "document.write": "A document was written.",
  "submission.submit": "A submission was handed over for sending.",
  "submission.sign": "A submission was signed.",
  "trail.read": "The trail was looked at.",
  "trail.verify": "The trail was verified.",
  "trail.export": "A chain of the trail was exported.",
  "study.read": "Studies and sites were listed.",
  "study.register": "A study with its sites was registered.",
  "principal.read": "Principals were listed.",
  "workload.read": "Workloads were listed.",
  "workload.revoke": "A workload was revoked.",
  "role.change": "A role was changed.",
  "keys.rotate": "A key was rotated.",
  "keys.read": "Keys were listed, without any secret.",
  "access.read": "A principal asked what it may do.",
  "access.change": "A person changed their own sessions or authenticators.",
  "exposure.read": "Who could and who did open a subject's data was looked at.",
  "phi.bulk_reveal": "Several fields of one subject were asked for, or revealed, at once.",
  "phi.bulk_approve": "A bulk reveal was decided on by a second person.",
  "person.invite": "An invitation of a person was asked for, or its link was made.",
  "person.suspend": "A person was suspended, or their suspension was asked for.",
  "person.reinstate": "Ending a person's suspension was asked for.",
  "person.approve": "A request about a person was decided on by a second person.",
  "authenticator.recover": "Recovery of a lost authenticator was asked for or decided on.",
  "person.offboard": "A person was offboarded, or their offboarding was asked for.",
  "assignment.change": "A role was assigned at a place or an assignment was ended, or either was asked for.",
  "lock.read": "Locks were listed.",
  "lock.set": "A person, workload, token, role or site was stopped.",
  "lock.lift": "A lock was lifted, or its lifting was asked for.",
  "session.end": "A person's sessions were ended by an administrator.",
  "approval.read": "Requests for approval were looked at.",
  "approval.decide": "A request was approved or rejected by a second person.",
  "approval.withdraw": "A request was withdrawn by the person who made it.",
  "approval.use": "The one-time link of an approved request was issued.",
} as const satisfies Record<Action, string>;

/** The words that records use, as this version knows them. */
export const vocabulary: BundleExtras["vocabulary"] = {
  actions: ACTS,
  reasons: Object.fromEntries(Object.entries(catalog).map(([code, { message }]) => [code, message])),
};
