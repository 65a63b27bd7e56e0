import { SetLockInput, SetLockOutput } from "@sallyport/contracts";
import { newId } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import type { Boundary } from "../../boundary/procedure.ts";
import { administratorsEnd, assertUnlocked, REMEMBERED_MS } from "../../locks/administrator-lock.ts";
import { storedTarget, type Target } from "../../locks/lock-target.ts";
import { ADMINISTRATOR_ROLE } from "../../people/administrators.ts";
import type { ApiDeps } from "../../ports.ts";
import { sealReason } from "../../sealed-reason.ts";

/** Refuses to stop what isn't there, and what would leave nobody to lift it. Throws `policy.denied`, `people.floor`. */
async function assertStoppable<Tx>(deps: ApiDeps<Tx>, target: Target): Promise<void> {
  const { byWorkload, compiled } = deps.policy.current();
  // Everybody who could lift it holds it.
  if (target.kind === "role" && target.role === ADMINISTRATOR_ROLE) throw new SallyportError("people.floor");
  const isThere =
    target.kind === "token" ||
    (target.kind === "person" && (await deps.people.people.byId(target.personId)) !== null) ||
    (target.kind === "workload" && byWorkload.has(target.workload)) ||
    (target.kind === "role" && compiled.knowsRole(target.role)) ||
    (target.kind === "site" && (await deps.studies.all()).some(({ id, sites }) => id === target.study && sites.some((site) => site.id === target.site)));
  if (!isThere) throw new SallyportError("policy.denied");
}

/** Stops somebody or something at once, on every node within a second. One person's act: it is for the moment in which nobody else is there. */
export const setLock = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.change(
    {
      action: "lock.set",
      resource: "lock",
      input: SetLockInput,
      output: SetLockOutput,
      locate: ({ target }, trace) => {
        const { kind, target: name } = storedTarget(target);
        trace.about(`lock/${kind}/${name}`);
        return Promise.resolve({ place: { kind: "deployment" }, found: null });
      },
    },
    {
      prepare: async ({ input, grant, trace }) => {
        await assertStoppable(deps, input.target);
        const reason = sealReason((await deps.referenceKeys()).change, grant, input.reason);
        trace.note({ commitment: reason.commitment });
        return reason;
      },
      commit: async (tx, { input, grant, trace }, reason) => {
        const nowMs = deps.now();
        const { people, sessions } = deps.people;
        const { kind, target } = storedTarget(input.target);
        const wanted = input.until === undefined ? null : Date.parse(input.until);
        if (wanted !== null && wanted <= nowMs) throw new SallyportError("input.invalid", { where: ["until: in the past"] });
        let untilMs = wanted;
        let sessionsEnded = 0;
        const isAdministrator = kind === "person" && (await people.lockHolders(tx, ADMINISTRATOR_ROLE, nowMs)).some(({ id }) => id === target);
        if (kind === "person") await people.lock(tx, target);
        const earlier = await deps.locks.on(tx, { kind, target }, nowMs - REMEMBERED_MS);
        assertUnlocked(earlier, nowMs);
        if (isAdministrator) untilMs = administratorsEnd(wanted, { setBy: grant.person, nowMs, earlier });
        const id = newId("lck");
        await deps.changes.insert(tx, reason);
        await deps.locks.set(tx, { id, kind, target, setBy: grant.person, setAtMs: nowMs, untilMs, reason: reason.id });
        // They don't come back when it is lifted.
        if (kind === "person") sessionsEnded = (await sessions.endAll(tx, target, "ended_by_administrator", nowMs)).length;
        const until = untilMs === null ? null : new Date(untilMs).toISOString();
        trace.note({ lock: id, until: until ?? "none", sessions: sessionsEnded });
        return { lockId: id, until, sessionsEnded };
      },
    },
  );
