import { z } from "zod";
import { Done, PersonId, StepUp } from "./people.ts";
import { Count, Hex64, IsoTime, Reason, SiteId, StudyId, SubjectId } from "./primitives.ts";
import { strict } from "./strict.ts";

export const EmergencyId = z.string().regex(/^emg_[0-9a-hjkmnp-tv-z]{26}$/);

/** Why access is needed at once: a closed list, beside the words of the person. */
export const EMERGENCY_CAUSES = ["adverse_event", "treatment_needed", "subject_unreachable", "safety_report", "other"] as const;
export const EmergencyCause = z.enum(EMERGENCY_CAUSES);

/** How long it lasts at most, in minutes. */
export const EMERGENCY_MINUTES_MAX = 240;

/** The subject's id here, or exactly as the study names it (USUBJID). */
const Named = z
  .string()
  .trim()
  .regex(/^[!-~](?:[ -~]{0,62}[!-~])?$/);

/**
 * Opens read access to one subject of a study in which the caller may open emergencies. `proof` is over `emergencyDigest`: SHA-256 of the lines
 * `sallyport/emergency/v1`, the person's id, `study`, `subject`, `cause`, `minutes` and `at`, each ended by a line feed. `at` is now; two minutes off is too far.
 */
export const OpenEmergencyInput = strict({
  study: StudyId,
  subject: Named,
  cause: EmergencyCause,
  reason: Reason,
  minutes: z.int().min(5).max(EMERGENCY_MINUTES_MAX).default(60),
  at: IsoTime,
  proof: StepUp,
});
export const OpenEmergencyOutput = strict({ emergencyId: EmergencyId, subjectId: SubjectId, study: StudyId, site: SiteId, until: IsoTime });

export const EmergencySummary = z.strictObject({
  emergencyId: EmergencyId,
  subjectId: SubjectId,
  study: StudyId,
  site: SiteId,
  cause: EmergencyCause,
  openedBy: z.strictObject({ personId: PersonId, printedName: z.string() }),
  openedAt: IsoTime,
  /** When it ends, or was to end, by itself. */
  until: IsoTime,
  /** Earlier than `until`: by its person, by an administrator, or because its person was stopped. */
  ended: z.strictObject({ at: IsoTime, how: z.enum(["person", "administrator", "stopped"]) }).nullable(),
  isOpen: z.boolean(),
  review: z.strictObject({ by: z.string(), at: IsoTime, verdict: z.enum(["justified", "not_justified"]) }).nullable(),
});

export const MyEmergencyInput = strict({});
/** `last` is the caller's newest one that isn't reviewed: open, or keeping them from the next. `studies`: where they may open one. */
export const MyEmergencyOutput = strict({ studies: z.array(StudyId), last: EmergencySummary.nullable() });

export const EndEmergencyInput = strict({ emergencyId: EmergencyId });
export const EndEmergencyOutput = strict({ done: Done.shape.done });
export const StopEmergencyInput = strict({ emergencyId: EmergencyId, reason: Reason });

export const ListEmergenciesInput = strict({});
/** The newest two hundred at the caller's sites; `waiting` counts those that the caller may review now. */
export const ListEmergenciesOutput = strict({ items: z.array(EmergencySummary.extend({ mayReview: z.boolean() })), waiting: Count });

/** A crossing under an emergency: what its record says. Never a value. */
export const EmergencyRead = z.strictObject({
  at: IsoTime,
  chain: z.string(),
  generation: Count,
  seq: Count,
  action: z.string(),
  decision: z.string(),
  /** What was read, in the words of the record: a domain, a field and its record, a history. */
  what: z.string(),
  requestId: z.string(),
});

export const GetEmergencyInput = strict({ emergencyId: EmergencyId });
/** `reads` are the records themselves, oldest first, and `seen` is the digest over exactly them. `whyNot`: why the caller can't review it now. */
export const GetEmergencyOutput = strict({
  ...EmergencySummary.shape,
  reason: z.string(),
  comment: z.string().nullable(),
  reads: z.array(EmergencyRead),
  /** More than the thousand that are shown; such a one can't be reviewed here. */
  isMore: z.boolean(),
  seen: Hex64,
  whyNot: z.enum(["own", "open", "reviewed", "settling"]).nullable(),
});

/** Another person's word on an emergency that has ended, over exactly what they were shown: another `seen` is `emergency.changed`. */
export const ReviewEmergencyInput = strict({ emergencyId: EmergencyId, seen: Hex64, verdict: z.enum(["justified", "not_justified"]), comment: Reason });
export const ReviewEmergencyOutput = strict({ done: Done.shape.done });
