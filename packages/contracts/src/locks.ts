import { z } from "zod";
import { Done, PersonId } from "./people.ts";
import { IsoTime, Reason, RoleName, SiteId, StudyId } from "./primitives.ts";
import { strict } from "./strict.ts";

export const LockId = z.string().regex(/^lck_[0-9a-hjkmnp-tv-z]{26}$/);

/** What a lock stops: a person with all their accounts, a service by its workload, one token, a role wherever it is held, or a site. */
export const LockTarget = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("person"), personId: PersonId }),
  z.strictObject({ kind: z.literal("workload"), workload: z.string().regex(/^spiffe:\/\/[a-z0-9.-]{1,100}\/(?:service\/[a-z0-9-]{1,40}|zone\/egress\/egress)$/) }),
  z.strictObject({ kind: z.literal("token"), jti: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/) }),
  z.strictObject({ kind: z.literal("role"), role: RoleName }),
  z.strictObject({ kind: z.literal("site"), study: StudyId, site: SiteId }),
]);

export const LockSummary = z.strictObject({
  lockId: LockId,
  target: LockTarget,
  /** A person's printed and user name, or the target as it is spelled. */
  label: z.string(),
  setBy: z.string(),
  setAt: IsoTime,
  /** When it ends by itself; null for never. An administrator's ends after a day. */
  until: IsoTime.nullable(),
  reason: z.string(),
  lifted: z.strictObject({ by: z.string(), at: IsoTime }).nullable(),
  isInForce: z.boolean(),
  /** Whether the caller may lift it at once (`yes`: who set it), or asks for it by `approvals.requestLockLift`; null where neither. */
  mayLift: z.enum(["yes", "approval"]).nullable(),
});

export const ListLocksInput = strict({});
/** The newest five hundred, in force or not. */
export const ListLocksOutput = strict({ locks: z.array(LockSummary) });

/** Stops at once. `until` is when it ends by itself; an administrator's lock ends after a day at the latest. */
export const SetLockInput = strict({ target: LockTarget, until: IsoTime.optional(), reason: Reason });
export const SetLockOutput = strict({ lockId: LockId, until: IsoTime.nullable(), sessionsEnded: z.int().min(0) });

/** Lifts one's own lock; somebody else's is `approval.required`. */
export const LiftLockInput = strict({ lockId: LockId, reason: Reason });
export const LiftLockOutput = strict({ done: Done.shape.done });
export const RequestLockLiftInput = strict({ lockId: LockId, reason: Reason });
