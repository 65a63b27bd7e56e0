import { policyDigest } from "./canonical.ts";
import type { Action, FieldRule, GrantRule, PolicyDocument, ResourceType, RoleRule } from "./model.ts";

type Row = readonly [action: Action, resource: ResourceType, fields?: FieldRule];

/** Identifiers and clinical values stay masked until they are asked for one by one; the arm stays hidden. */
const MASKED_SUBJECT: FieldRule = { readable: ["public", "regulatory"], masked: ["phi"] };
/** What a reveal may open: anything but what would unblind. */
const REVEALABLE: FieldRule = { readable: ["public", "regulatory", "phi"], masked: [] };

/** An emergency shows of one subject what a reviewer of its site would see: identifiers masked until they are asked for one by one, the arm hidden. */
const OPENS_IN_EMERGENCY: Row = ["emergency.open", "subject", MASKED_SUBJECT];

/** Everybody's: to see their own rights and requests, and to look after their own sessions and authenticators. */
const OWN: readonly Row[] = [
  ["access.read", "access"],
  ["access.change", "access"],
  ["approval.read", "approval"],
  ["approval.withdraw", "approval"],
  ["approval.use", "approval"],
];

const SEES_SUBJECTS: readonly Row[] = [
  ["subject.list", "subject"],
  ["subject.read", "subject", MASKED_SUBJECT],
  ["phi.read", "subject_phi", REVEALABLE],
  ["phi.bulk_reveal", "subject_phi", REVEALABLE],
];

const ROLES = {
  site_coordinator: {
    description: "Uploads packets of the sites that it is assigned to; approves and releases nothing.",
    rows: [
      ["packet.upload", "packet"],
      ["study.read", "study"],
    ],
  },
  regulatory_coordinator: {
    description: "Keeps regulatory documents and submits eCTD sequences.",
    rows: [
      ["document.read", "ectd_sequence"],
      ["submission.assemble", "ectd_sequence"],
      ["submission.submit", "ectd_sequence"],
      ["submission.download", "ectd_sequence"],
      ["recipient.read", "recipient"],
      ["outbox.read", "outbox"],
      ["outbox.reconcile", "outbox"],
      ["document.read", "irb_correspondence"],
      ["document.write", "irb_correspondence"],
      ["document.read", "investigator_credential"],
      ["study.read", "study"],
    ],
  },
  regulatory_reviewer: {
    description: "Reviews and signs submissions and reads the PHI that they rest on; keeps subjects' consent and site; edits no EDC record.",
    rows: [
      ["document.read", "ectd_sequence"],
      ["submission.sign", "ectd_sequence"],
      ["submission.release", "ectd_sequence"],
      ["document.read", "irb_correspondence"],
      ...SEES_SUBJECTS,
      OPENS_IN_EMERGENCY,
      // Whoever uploads or releases data doesn't say whose may still come, nor where it goes; this role sees subjects already, and does neither.
      ["subject.withdraw", "subject"],
      ["subject.transfer", "subject"],
      ["phi.bulk_approve", "subject_phi"],
      ["exposure.read", "subject"],
      ["approval.decide", "approval"],
      ["study.read", "study"],
    ],
  },
  clinical_reviewer: {
    description: "Reviews subjects' data, masked until revealed, blinded to treatment.",
    rows: [...SEES_SUBJECTS, OPENS_IN_EMERGENCY, ["document.read", "ectd_sequence"], ["study.read", "study"]],
  },
  authorized_signer: {
    description: "Signs eCTD sequences.",
    rows: [
      ["document.read", "ectd_sequence"],
      ["submission.sign", "ectd_sequence"],
    ],
  },
  ingestion_service: {
    description: "Writes packets into quarantine; never reads what is stored.",
    rows: [["packet.upload", "packet"]],
  },
  data_steward: {
    description: "Inspects, releases or rejects what others uploaded.",
    rows: [
      ["packet.read", "packet"],
      ["packet.inspect", "packet", MASKED_SUBJECT],
      ["packet.release", "packet"],
      ["packet.reject", "packet"],
      ["profile.read", "profile"],
      ["study.read", "study"],
    ],
  },
  security_admin: {
    description: "Administers principals, workloads, roles and studies; sees whether the trail is whole.",
    rows: [
      ["principal.read", "principal"],
      ["person.invite", "principal"],
      ["person.suspend", "principal"],
      ["person.reinstate", "principal"],
      ["person.approve", "principal"],
      ["person.offboard", "principal"],
      ["assignment.change", "principal"],
      ["authenticator.recover", "principal"],
      ["lock.read", "lock"],
      ["lock.set", "lock"],
      ["lock.lift", "lock"],
      ["emergency.review", "subject"],
      ["access.review", "access"],
      ["session.end", "session"],
      ["approval.decide", "approval"],
      ["workload.read", "workload"],
      ["workload.enrol", "workload"],
      ["workload.revoke", "workload"],
      ["spool.replay", "workload"],
      ["spool.discard", "workload"],
      ["role.read", "role"],
      ["role.change", "role"],
      ["study.read", "study"],
      ["study.register", "study"],
      ["profile.read", "profile"],
      ["profile.change", "profile"],
      ["trail.read", "trail"],
      ["trail.verify", "trail"],
      ["incident.release", "trail"],
      ["trail.archive", "trail"],
      ["keys.read", "key_ring"],
      ["recipient.read", "recipient"],
      ["recipient.change", "recipient"],
      ["outbox.read", "outbox"],
      ["outbox.reconcile", "outbox"],
      ["route.change", "route"],
    ],
  },
  auditor: {
    description: "Reads, verifies, exports and reviews the trail; sees who could open a subject's data and who did, never the data.",
    rows: [
      ["subject.list", "subject"],
      ["exposure.read", "subject"],
      ["trail.read", "trail"],
      ["trail.verify", "trail"],
      ["trail.export", "trail"],
      ["trail.review", "trail"],
      ["role.read", "role"],
      ["profile.read", "profile"],
      ["study.read", "study"],
      ["outbox.read", "outbox"],
    ],
  },
  key_custodian: {
    description: "Rotates keys.",
    rows: [
      ["keys.read", "key_ring"],
      ["keys.rotate", "key_ring"],
    ],
  },
  egress_service: {
    description: "Hands sealed submissions to their recipients.",
    rows: [["outbox.deliver", "outbox"]],
  },
} as const satisfies Record<string, { readonly description: string; readonly rows: readonly Row[] }>;

const toRole = ([name, { description }]: readonly [string, { readonly description: string }]): RoleRule => ({ name, description, assignableBy: ["security_admin"] });

function toGrants([role, { rows }]: readonly [string, { readonly rows: readonly Row[] }]): readonly GrantRule[] {
  const withOwnRights: readonly Row[] = [...rows, ...OWN];
  return withOwnRights.map(([action, resource, fields]) => ({ id: `${role}:${action}:${resource}`, role, action, resource, ...(fields !== undefined && { fields }) }));
}

/** The policy that a new deployment starts with: version 1, the least that each role needs. Everybody may see their own rights. */
export const starterPolicy: PolicyDocument = {
  version: 1,
  title: "Starter policy",
  roles: Object.entries(ROLES).map(toRole),
  grants: Object.entries(ROLES).flatMap(toGrants),
  separation: [
    { id: "uploader-never-inspects", first: "packet.upload", second: "packet.inspect" },
    { id: "uploader-never-releases", first: "packet.upload", second: "packet.release" },
    { id: "author-never-signs", first: "document.write", second: "submission.sign" },
  ],
};

/** SHA-256 of the starter policy's canonical bytes, lower-case hex: the one policy that the custodian signs by itself, into an empty store. */
export const starterPolicyDigest: string = policyDigest(starterPolicy);
