import { z } from "zod";
import { ApprovalId, EffectLine } from "./approvals.ts";
import { Classification, Count, Hex64, IsoTime, Reason, StudyId } from "./primitives.ts";
import { strict } from "./strict.ts";

/** A profile's name. */
export const ProfileId = z.string().regex(/^[a-z][a-z0-9-]{1,39}$/);
const Version = z.int().min(1).max(1_000_000);

/** A profile's document as text, in whatever spelling: 192 KiB at most. */
export const ProfileText = z
  .string()
  .min(2)
  .max(192 * 1024);

/** What a profile says of one variable. `hipaa` counts 45 CFR 164.514(b)(2)(i)(A)–(R) from 1. */
const VariableRule = z.strictObject({ classification: Classification, hipaa: z.int().min(1).max(18).nullable(), kind: z.string(), note: z.string() });
const Naming = z.strictObject({ path: z.string(), system: z.string().nullable(), prefix: z.string() });

/** What a new version says otherwise of one variable; null is a variable that it doesn't speak of, and that so is PHI. `looser` lets more through. */
const RuleChange = z.strictObject({
  domain: z.string(),
  variable: z.string(),
  before: VariableRule.nullable(),
  after: VariableRule.nullable(),
  direction: z.enum(["tighter", "looser", "same"]),
});

const Head = { profile: ProfileId, version: Version, title: z.string(), source: z.enum(["dataset-json", "fhir-r4"]), digest: Hex64 };

export const ListProfilesInput = strict({});
/** The versions in force. `signed` is whether it is what the custodian signed: one that isn't denies everything of its studies. `studies` are those of the caller. */
export const ListProfilesOutput = strict({ profiles: z.array(z.strictObject({ ...Head, signed: z.boolean(), variables: Count, studies: z.array(StudyId) })) });

export const GetProfileInput = strict({ profile: ProfileId, version: Version.optional() });
/** One version, the one in force unless another is asked for, with what it says otherwise than the one before it. `document` is its canonical text. */
export const GetProfileOutput = strict({
  ...Head,
  signed: z.boolean(),
  inForce: z.boolean(),
  document: z.string(),
  binding: z.strictObject({ domain: z.string(), subject: Naming, site: Naming }),
  domains: z.array(z.strictObject({ domain: z.string(), variables: z.array(z.strictObject({ name: z.string(), ...VariableRule.shape })) })),
  changes: z.array(RuleChange),
  /** Newest first. `approval` is null for a shipped one. */
  versions: z.array(z.strictObject({ version: Version, digest: Hex64, signed: z.boolean(), approval: ApprovalId.nullable(), at: IsoTime })),
  studies: z.array(StudyId),
});

export const CompareProfileInput = strict({ document: ProfileText });
/**
 * What a draft would change: `effect` is what an approval of it would show. `stored` counts current fields of each study that uses it:
 * `tightened` are shown less of at once, `loosened` more of once they are delivered again.
 */
export const CompareProfileOutput = strict({
  ...Head,
  /** The version in force; null for a new profile. */
  inForce: Version.nullable(),
  changes: z.array(RuleChange),
  effect: z.array(EffectLine),
  loosens: Count,
  stored: z.array(z.strictObject({ study: StudyId, tightened: Count, loosened: Count })),
});

/** Asks for the next version of a profile, or the first of a new one. */
export const RequestProfileChangeInput = strict({ document: ProfileText, reason: Reason });
