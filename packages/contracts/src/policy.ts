import { z } from "zod";
import { ApprovalId } from "./approvals.ts";
import { CrossingSummary, RecordPlace } from "./crossings.ts";
import { Count, Hex64, IsoTime, Reason, RoleName } from "./primitives.ts";
import { strict } from "./strict.ts";

export const PolicyProposalId = z.string().regex(/^pol_[0-9a-hjkmnp-tv-z]{26}$/);
/** Names as a policy has them; the closed lists are checked where the document is read (`policy.invalid`, with `where`). */
const RuleId = z.string().regex(/^[a-z0-9][a-z0-9_.:-]{0,127}$/);
export const PolicyAction = z.string().regex(/^[a-z_]{1,40}\.[a-z_]{1,40}$/);
export const PolicyResource = z.string().regex(/^[a-z_]{1,40}$/);
const Line = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[ -~]+$/);
const FieldClasses = z.array(z.string().regex(/^[a-z]{1,20}$/)).max(8);

export const PolicyRole = z.strictObject({ name: RoleName, description: Line, assignableBy: z.array(RoleName).max(1000) });
/** `conditions.signedInBy`: only for somebody who signed in so. A field class that neither list names is hidden. */
export const PolicyGrant = z.strictObject({
  id: RuleId,
  role: RoleName,
  action: PolicyAction,
  resource: PolicyResource,
  fields: z.strictObject({ readable: FieldClasses, masked: FieldClasses }).optional(),
  conditions: z.strictObject({ signedInBy: z.literal("passkey") }).optional(),
});
export const PolicySeparation = z.strictObject({ id: RuleId, first: PolicyAction, second: PolicyAction });
/** A policy without its version: that is given when it is proposed. */
export const PolicyContent = z.strictObject({
  title: Line,
  roles: z.array(PolicyRole).max(2000),
  grants: z.array(PolicyGrant).max(50_000),
  separation: z.array(PolicySeparation).max(500),
});
export type PolicyContent = z.infer<typeof PolicyContent>;

/** `label`: `v<version>:<first 16 digits of the digest>`, as records name it. `suite`: its tests, YAML (docs/spec/policy-v1.md §8). */
export const PolicyVersion = z.strictObject({ version: z.int().min(1), label: z.string(), digest: Hex64, content: PolicyContent, suite: z.string() });

/** One thing that a policy says otherwise than another, in words; null where it says nothing. */
export const PolicyChange = z.strictObject({
  kind: z.enum(["title", "role", "grant", "separation"]),
  what: z.string(),
  before: z.string().nullable(),
  after: z.string().nullable(),
});

/** What a policy's tests came to. `failures` are the first 200. */
export const PolicyTests = z.strictObject({
  asked: Count,
  failed: Count,
  failures: z.array(
    z.strictObject({ says: z.string().nullable(), role: z.string(), action: z.string(), resource: z.string(), place: z.string(), expected: z.string(), found: z.string() }),
  ),
});

const Standing = z.strictObject({ allowed: z.boolean(), readable: z.array(z.string()), masked: z.array(z.string()) });
/**
 * Who gains and who loses what, exactly, over the assignments as they are from now on, or from its date where it is approved for one: as if nobody were
 * suspended and no role and no site locked or closed, since one person lifts that. A row is one right of one principal, with all places at which it changes alike;
 * counts are of points: principal × act × resource type × place × way of signing in. `isMore`: rows beyond the first 2,000 are counted, not shown.
 */
export const PolicyImpact = z.strictObject({
  gained: Count,
  lost: Count,
  altered: Count,
  rows: z.array(
    z.strictObject({
      principal: z.string(),
      principalName: z.string().nullable(),
      action: z.string(),
      resource: z.string(),
      signedInBy: z.enum(["any", "passkey", "other"]),
      before: Standing,
      after: Standing,
      sites: z.array(z.string()),
      deployment: z.boolean(),
      /** From when on it is so, since an assignment begins or ends then; null for at once. */
      from: IsoTime.nullable(),
    }),
  ),
  isMore: z.boolean(),
  /** Who gains and loses the right to assign which role: at every site, since who may assign a role may everywhere. The first 2,000 of `assigningCount`. */
  assigning: z.array(
    z.strictObject({
      principal: z.string(),
      principalName: z.string().nullable(),
      role: z.string(),
      signedInBy: z.enum(["any", "passkey", "other"]),
      before: z.boolean(),
      after: z.boolean(),
      from: IsoTime.nullable(),
    }),
  ),
  assigningCount: Count,
  /**
   * Who may do both acts to one thing, the first and then the second, where the separations of duties change: one row for a person, with all their accounts.
   * The first 2,000 of `separationCount`.
   */
  separation: z.array(
    z.strictObject({
      person: z.string(),
      principals: z.array(z.strictObject({ principal: z.string(), name: z.string().nullable() })),
      first: z.string(),
      second: z.string(),
      before: z.boolean(),
      after: z.boolean(),
      sites: z.array(z.string()),
      deployment: z.boolean(),
      from: IsoTime.nullable(),
    }),
  ),
  separationCount: Count,
});

/** `draft`: nobody was asked yet. `isStale`: it was made from a version that isn't active any more, and can't be put to approval. */
export const PolicyProposalSummary = z.strictObject({
  proposalId: PolicyProposalId,
  version: z.int().min(1),
  digest: Hex64,
  title: z.string(),
  base: z.int().min(1),
  proposedBy: z.string(),
  proposedByName: z.string().nullable(),
  proposedAt: IsoTime,
  approvalId: ApprovalId.nullable(),
  state: z.enum(["draft", "requested", "approved", "rejected", "withdrawn", "expired", "done"]),
  isStale: z.boolean(),
  /** Only who made a proposal puts it to approval, so that nobody approves what they made. */
  isMine: z.boolean(),
});

export const CurrentPolicyInput = strict({});
/** With the axes of the matrix, and what will take effect at a date. */
export const CurrentPolicyOutput = strict({
  policy: PolicyVersion,
  scheduled: z.array(z.strictObject({ version: z.int().min(1), label: z.string(), effectiveAt: IsoTime })),
  actions: z.array(z.string()),
  resources: z.array(z.string()),
  fieldClasses: z.array(z.string()),
});

export const ListPolicyVersionsInput = strict({});
export const ListPolicyVersionsOutput = strict({
  versions: z.array(
    z.strictObject({
      version: z.int().min(1),
      label: z.string(),
      title: z.string(),
      storedAt: IsoTime,
      approvalId: ApprovalId.nullable(),
      effectiveAt: IsoTime.nullable(),
      /** `superseded` and `refused` never took effect: another version had by then, or it would have locked everybody out. */
      state: z.enum(["active", "scheduled", "past", "superseded", "refused"]),
    }),
  ),
});

export const GetPolicyVersionInput = strict({ version: z.int().min(1) });
/** `difference`: from the version that it was made from. */
export const GetPolicyVersionOutput = strict({ policy: PolicyVersion, difference: z.array(PolicyChange) });

export const ProposePolicyInput = strict({ content: PolicyContent, suite: z.string().max(1_048_576) });
export const ProposePolicyOutput = strict({ proposal: PolicyProposalSummary, difference: z.array(PolicyChange), tests: PolicyTests });

export const ListPolicyProposalsInput = strict({});
export const ListPolicyProposalsOutput = strict({ proposals: z.array(PolicyProposalSummary) });

const Format = z.enum(["rows", "csv"]).default("rows");

export const GetPolicyProposalInput = strict({ proposalId: PolicyProposalId, format: Format });
/**
 * `refused`: why it can't be put to approval as things stand, a code of the catalogue; null where it can. `csv`: the whole impact, every row of each kind, where
 * it was asked for, else null.
 */
export const GetPolicyProposalOutput = strict({
  proposal: PolicyProposalSummary,
  content: PolicyContent,
  suite: z.string(),
  difference: z.array(PolicyChange),
  tests: PolicyTests,
  impact: PolicyImpact,
  csv: z.string().nullable(),
  refused: z.string().nullable(),
});

export const ReplayPolicyInput = strict({ proposalId: PolicyProposalId, limit: z.int().min(1).max(1000).default(500) });
/**
 * The last crossings, decided again under both policies with the assignments as they were then: those of which the two decide otherwise. `undecided`
 * says of how many the record doesn't tell enough, such as the place of what was denied.
 */
export const ReplayPolicyOutput = strict({
  looked: Count,
  undecided: Count,
  otherwise: z.array(z.strictObject({ crossing: CrossingSummary, before: z.enum(["allow", "deny"]), after: z.enum(["allow", "deny"]) })),
});

/** A place: the whole deployment, or `study/site`. */
const Place = z.union([z.literal("deployment"), z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}\/[A-Za-z0-9][A-Za-z0-9_.-]{0,19}$/)]);
const PrincipalId = z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/);
const Path = z.strictObject({
  role: z.string(),
  study: z.string(),
  site: z.string(),
  until: IsoTime.nullable(),
  rule: z.string(),
  readable: z.array(z.string()),
  masked: z.array(z.string()),
  /** What else has to hold: signed in with a passkey. */
  signedInBy: z.literal("passkey").nullable(),
});

/** A recorded crossing, or a question that somebody might ask; exactly one of the two (else `input.invalid`). */
export const ExplainPolicyInput = strict({
  crossing: RecordPlace.optional(),
  question: z
    .strictObject({ principal: PrincipalId, action: PolicyAction, resource: PolicyResource, place: Place, signedInBy: z.enum(["passkey", "other"]).default("passkey") })
    .optional(),
});
/**
 * What the policy says, which version, and by which assignments; on a denial, what would be needed and which roles have it. Of a crossing, as policy
 * and assignments were then, where its version is known here, and with what is on record of how it ended.
 */
export const ExplainPolicyOutput = strict({
  policy: z.string(),
  effect: z.enum(["allow", "deny", "unknown"]),
  reason: z.string().nullable(),
  rule: z.string().nullable(),
  needed: z.string().nullable(),
  rolesThatMay: z.array(z.string()),
  paths: z.array(Path),
  /** The emergency without which it would be denied; `paths` are then those by which it could be opened. */
  emergency: z.string().nullable(),
  recorded: z.strictObject({ outcome: z.string(), reason: z.string(), rule: z.string().nullable() }).nullable(),
});

export const WhoCanInput = strict({ action: PolicyAction, resource: PolicyResource, place: Place, format: Format });
/** Everybody who may, with each path to it. `csv` where it was asked for, else null; then `holders` is empty. */
export const WhoCanOutput = strict({
  policy: z.string(),
  holders: z.array(
    z.strictObject({ principal: z.string(), principalName: z.string().nullable(), readable: z.array(z.string()), masked: z.array(z.string()), paths: z.array(Path) }),
  ),
  csv: z.string().nullable(),
});

export const WhatCanInput = strict({ principal: PrincipalId, format: Format });
export const WhatCanOutput = strict({
  policy: z.string(),
  principalName: z.string().nullable(),
  abilities: z.array(z.strictObject({ action: z.string(), resource: z.string(), paths: z.array(Path), stoppedAt: z.array(z.string()) })),
  csv: z.string().nullable(),
});

/** Puts a proposal to approval: `digest` is the document that was looked at. `effectiveAt`: null for at once. */
export const RequestPolicyChangeInput = strict({ proposalId: PolicyProposalId, digest: Hex64, effectiveAt: IsoTime.nullable(), reason: Reason });
/** Proposes an earlier version's document and tests as a new version, and puts it to approval, in one act. */
export const RequestPolicyRevertInput = strict({ version: z.int().min(1), reason: Reason });
