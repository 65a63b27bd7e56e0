import { z } from "zod";
import { ApprovalId } from "./approvals.ts";
import { PersonId, StepUp } from "./people.ts";
import { ChainName, Count, Hex64, IsoTime, Reason } from "./primitives.ts";
import { SaidStep, StepEvidence } from "./said-step.ts";
import { strict } from "./strict.ts";

export const IncidentId = z.string().regex(/^inc_[0-9a-hjkmnp-tv-z]{26}$/);

const Position = z.strictObject({ generation: Count, seq: Count, mac: Hex64 });

/** A break of a chain, as the custodian keeps it. */
export const IncidentSummary = z.strictObject({
  incidentId: IncidentId,
  chain: ChainName,
  /** Records `from` to `to` of this generation can't be vouched for by their chain. */
  generation: Count,
  from: Count,
  to: Count,
  /** As in audit-record-v1.md, section 6. */
  kind: z.string(),
  why: z.string(),
  foundAt: IsoTime,
  foundBy: z.enum(["checkpoint", "verification"]),
  /** What it stops: what is dangerous at the chain's site, administration (for `system`), or, after a frozen start, everything but looking. */
  stops: z.enum(["site", "administration", "everything"]),
  /** Where the chain goes on, and since when; null until then. */
  goesOn: z.strictObject({ generation: Count, at: IsoTime.nullable() }),
  /** What was signed last before that, and what the database had. */
  signed: Position.nullable(),
  stored: Position.nullable(),
  ended: z.strictObject({ at: IsoTime, approval: Hex64, by: z.array(z.strictObject({ personId: PersonId, printedName: z.string() })) }).nullable(),
});

export const ListIncidentsInput = strict({ show: z.enum(["open", "all"]).default("all") });
/** Newest first; `mayRelease`: whether the caller may ask for their end. */
export const ListIncidentsOutput = strict({ incidents: z.array(IncidentSummary), mayRelease: z.boolean() });

export const GetIncidentInput = strict({ incidentId: IncidentId });
/** A step that somebody said was done: what was kept of it, and where, as they wrote it. */
const IncidentStep = z.enum(["copied", "verified", "exported", "accounted"]);
/** `mayRecord`: whether the caller may say that a step was done. */
export const GetIncidentOutput = strict({
  incident: IncidentSummary,
  steps: z.array(z.strictObject({ step: IncidentStep, ...SaidStep })),
  mayRecord: z.boolean(),
});

export const RecordIncidentStepInput = strict({ incidentId: IncidentId, step: IncidentStep, note: Reason, evidence: StepEvidence.optional() });
export const RecordIncidentStepOutput = strict({ done: z.literal(true) });

/** Asks for the end of incidents that their chains have gone on from: by another administrator's passkey, and then by the requester's own. */
export const RequestIncidentReleaseInput = strict({ incidentIds: z.array(IncidentId).min(1).max(50), reason: Reason });

/** Carries out what was approved: `proof` is the requester's passkey over the approval's digest, and nothing else will do. */
export const ReleaseIncidentsInput = strict({ approvalId: ApprovalId, proof: StepUp });
export const ReleaseIncidentsOutput = strict({ ended: z.array(IncidentId) });
