import { LockId, PersonId } from "@sallyport/contracts";
import { isLocking } from "@sallyport/policy";
import { z } from "zod";
import { ADMINISTRATOR_ROLE } from "../people/administrators.ts";
import type { ApiDeps } from "../ports.ts";
import type { ApprovalAct } from "./act.ts";

const DAY_MS = 24 * 3_600_000;
/** The person is in it where one is stopped: they don't decide on it. */
const Lifted = z.union([z.strictObject({ lockId: LockId, personId: PersonId }), z.strictObject({ lockId: LockId })]);
export type LiftedPayload = z.output<typeof Lifted>;

/** Lifts a lock that somebody else set. */
export const liftLockAct = <Tx>(deps: ApiDeps<Tx>): ApprovalAct<Tx, LiftedPayload> => ({
  kind: "lock.lift",
  ask: { action: "lock.lift", resource: "lock" },
  approve: { action: "person.approve", resource: "principal" },
  needed: 1,
  openForMs: DAY_MS,
  usableForMs: null,
  onlyBy: null,
  payload: Lifted,
  concerns: (payload) => ("personId" in payload ? payload.personId : null),
  async effect(tx, _grant, { lockId }) {
    const nowMs = deps.now();
    await deps.people.people.lockHolders(tx, ADMINISTRATOR_ROLE, nowMs);
    const lock = await deps.locks.lock(tx, lockId);
    if (lock === null) return { about: "-", lines: [], refused: "policy.denied" };
    const person = lock.kind === "person" ? await deps.people.people.byId(lock.target) : null;
    const label = person === null ? lock.target : `${person.printedName} (${person.username})`;
    return {
      about: label,
      lines: [{ what: `${lock.kind} ${label}`, before: "stopped", after: "as before the lock" }],
      refused: lock.lifted === null && isLocking(lock, nowMs) ? null : "lock.state",
    };
  },
  async perform(tx, { lockId }, { requestedByPerson, reason }) {
    await deps.locks.lift(tx, lockId, { by: requestedByPerson, atMs: deps.now(), reason });
    return { lock: lockId };
  },
});
