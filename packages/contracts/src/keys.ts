import { z } from "zod";
import { StepUp } from "./people.ts";
import { Count, IsoTime, Reason, StudyId, SubjectId } from "./primitives.ts";
import { SaidStep, StepEvidence } from "./said-step.ts";
import { strict } from "./strict.ts";
import { Evidence } from "./trail.ts";

/** The custodian's rings (docs/spec/custody-v1.md, section 10). */
export const RING_NAMES = ["token", "kek", "ca", "audit", "sign"] as const;
export const RingName = z.enum(RING_NAMES);
/** The same, and the passwords by which the processes use the database, which the supervisor turns by itself. */
const ShownRing = z.enum([...RING_NAMES, "database"]);
/** The steps that one person takes. */
export const RING_STEPS = ["add", "drop", "activate", "revert", "retire", "reopen"] as const;
export const RingStep = z.enum(RING_STEPS);

/** Why a step can't be taken now; `until`: when it can, as far as that is a matter of time. `count`: of nodes, workloads, data keys or chains; null where that isn't known. `approval`: it takes another person's (`approvals.requestKeyActivate`). */
export const RingBlocker = z.strictObject({
  kind: z.enum(["early", "late", "unheld", "in_use", "approval"]),
  until: IsoTime.nullable(),
  count: Count.nullable(),
});
export const RingStepState = z.strictObject({ step: RingStep, isReady: z.boolean(), blockers: z.array(RingBlocker) });

/** What is overdue: the key in use by its age or by its use, or a step that is waited for. */
export const RingDue = z.strictObject({ kind: z.enum(["age", "use", "retire", "activate"]), keyId: z.string(), since: IsoTime.nullable() });

export const RingSummary = z.strictObject({
  ring: ShownRing,
  /** How many steps it has taken: what a step is asked for at. */
  at: Count,
  keys: z.array(
    z.strictObject({
      keyId: z.string(),
      state: z.enum(["next", "active", "retiring", "retired", "destroyed"]),
      from: IsoTime,
      until: IsoTime.nullable(),
      /** Data keys that it wraps, or, of an audit key, generations that it verifies; null for other rings, and where that couldn't be counted. */
      dataKeys: Count.nullable(),
      /** Nodes or workloads that haven't shown that they hold it, where that is waited for. */
      lacking: z.array(z.string()),
      /**
       * Of an authority: workloads that have shown no certificate of another one; of a retired one, those that trust it still. Of an audit key: chains that go on
       * with it. Of passwords: programs that are logged in by them.
       */
      holders: z.array(z.string()),
      /** Of a token key: tokens of it that haven't ended; null for other rings, and in the first quarter of an hour of the custodian's. */
      tokens: Count.nullable(),
      /** Of a signing key: its verifier key, as witnesses take it, and its fingerprint, as people compare it; null of any other. */
      vkey: z.string().nullable(),
      fingerprint: z.string().nullable(),
    }),
  ),
  /** When the key in use is to be replaced by its age; null where no time is set. */
  dueAt: IsoTime.nullable(),
  due: z.array(RingDue),
  steps: z.array(RingStepState),
});

/** Data keys being wrapped anew, or that were. `stuck`: those that didn't open the last time through. */
export const RewrapProgress = z.strictObject({ from: z.string(), to: z.string(), beganAt: IsoTime, moved: Count, left: Count.nullable(), stuck: Count });

/** A study's subjects, or one of them, being sealed anew under other data keys, or that were. `stuck`: subjects that didn't open the last time through. */
export const ReencryptProgress = z.strictObject({
  jobId: z.string(),
  study: StudyId,
  isOneSubject: z.boolean(),
  beganAt: IsoTime,
  endedAt: IsoTime.nullable(),
  subjects: Count,
  moved: Count,
  fields: Count,
  stuck: Count,
});

/** A workload's newest certificate. `isLate`: it should have been renewed for hours. `isShown`: it was seen in use, or its supervisor put it in its place. */
export const HeldCertificate = z.strictObject({
  workload: z.string(),
  serial: z.string(),
  issuer: z.string(),
  notAfter: IsoTime,
  renewal: IsoTime,
  isShown: z.boolean(),
  isLate: z.boolean(),
});

export const ListRingsInput = strict({});
/** What is overdue first; of certificates, what ends first. `mayStep`: whether the caller may take steps. */
export const ListRingsOutput = strict({
  rings: z.array(RingSummary),
  certificates: z.array(HeldCertificate),
  rewraps: z.array(RewrapProgress),
  reencryptions: z.array(ReencryptProgress),
  mayStep: z.boolean(),
});

export const RehearseRingInput = strict({ ring: ShownRing });
/** A line for people: what stands on each key, what a rotation does, what it would break now, what is overdue, what updates itself. */
const Line = z.strictObject({ about: z.enum(["stands", "step", "breaks", "overdue", "itself", "back"]), text: z.string() });
export const RehearseRingOutput = strict({ ring: RingSummary, lines: z.array(Line) });

/**
 * Takes one step of a ring that has taken `at` steps. `proof` is over `ringStepDigest`: SHA-256 of the lines `sallyport/ring-step/v1`, the person's id,
 * `ring`, `step` and `at`, each ended by a line feed.
 */
export const StepRingInput = strict({ ring: RingName, step: RingStep, at: Count, reason: Reason, proof: StepUp });
export const StepRingOutput = strict({ ring: RingSummary, evidence: z.array(Evidence) });

/** A key of a ring. */
export const KeyId = z.string().regex(/^(?:token|kek|audit|ca|sign)-[1-9]\d{0,5}$/);
/** Has the secret of the earliest retired key of a ring destroyed, for good: by another administrator's passkey. */
export const RequestKeyDestroyInput = strict({ keyId: KeyId, reason: Reason });
/**
 * Has the next key of the audit or of the signing ring put in use: by another administrator's passkey, since the one closes a generation of every chain for
 * good, and who holds the other speaks for the deployment.
 */
export const RequestKeyActivateInput = strict({ keyId: KeyId, reason: Reason });

/** Has every stored field of a study's subjects, or of one, sealed anew under another data key, in the background. */
export const ReencryptInput = strict({ study: StudyId, subjectId: SubjectId.optional(), reason: Reason });
export const ReencryptOutput = strict({ jobId: z.string(), subjects: Count });

/** One turn of a ring, by the key that it turns to; or a move of the root key, by its number, the first root key being the first. */
const Turn = z.string().regex(/^(?:token|kek|audit|ca|sign|database|root)-[1-9]\d{0,5}$/);
/** What a person says was done; the others the product sees by itself. */
const PersonStep = z.enum(["rehearsed", "copied", "prepared", "stopped", "told", "kept", "escrowed", "forgotten", "stowed"]);
/** `turn`: the one that is under way, else the last one while something of it is left to do, else the next one. */
export const KeyChecklistInput = strict({ ring: z.enum([...RING_NAMES, "database", "root"]), turn: Turn.optional() });
/** The steps of one turn, in order. `turns`: those that there were, and the next one, the newest first. `mayRecord`: whether the caller may say that a step was done. */
export const KeyChecklistOutput = strict({
  turn: Turn,
  turns: z.array(Turn),
  steps: z.array(
    z.strictObject({
      step: z.union([PersonStep, z.enum(["made", "held", "used", "moved", "over", "retired", "dropped", "destroyed", "opens"])]),
      phase: z.enum(["before", "during", "after"]),
      by: z.enum(["product", "person"]),
      text: z.string(),
      /** What to keep of it; null where the product sees it. */
      keep: z.string().nullable(),
      isDone: z.boolean(),
      /** How far it is, or what it waits for, where the product sees that. */
      standing: z.string().nullable(),
      said: z.array(z.strictObject(SaidStep)),
    }),
  ),
  mayRecord: z.boolean(),
});
/** Says that a step was done that is left to a person. */
export const RecordKeyStepInput = strict({ turn: Turn, step: PersonStep, note: Reason, evidence: StepEvidence.optional() });
export const RecordKeyStepOutput = strict({ done: z.literal(true) });
