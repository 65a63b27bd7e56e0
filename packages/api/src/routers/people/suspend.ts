import { SuspendPersonInput, SuspendPersonOutput } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import type { Boundary } from "../../boundary/procedure.ts";
import { ADMINISTRATOR_ROLE } from "../../people/administrators.ts";
import { suspendPerson } from "../../people/suspend-person.ts";
import type { ApiDeps } from "../../ports.ts";
import { sealReason } from "../../sealed-reason.ts";
import { locatePerson, present } from "./person-place.ts";

/** Stops somebody at once. An administrator is stopped by an approval only: `approval.required`; nobody stops themselves. */
export const suspend = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.change(
    {
      action: "person.suspend",
      resource: "principal",
      input: SuspendPersonInput,
      output: SuspendPersonOutput,
      evidence: true,
      locate: ({ personId }, trace) => locatePerson(deps, personId, trace),
    },
    {
      prepare: async ({ input, grant, found, trace }) => {
        if (present(found).id === grant.person) throw new SallyportError("policy.separation");
        const reason = sealReason((await deps.referenceKeys()).change, grant, input.reason);
        trace.note({ commitment: reason.commitment });
        return reason;
      },
      commit: async (tx, { input, trace }, reason) => {
        const nowMs = deps.now();
        const { people } = deps.people;
        const administrators = await people.lockHolders(tx, ADMINISTRATOR_ROLE, nowMs);
        const person = present(await people.lock(tx, input.personId));
        if (administrators.some(({ id }) => id === person.id)) throw new SallyportError("approval.required");
        if (person.status === "suspended" || person.status === "left") throw new SallyportError("approval.state");
        await deps.changes.insert(tx, reason);
        trace.note({ sessions: await suspendPerson(deps.people, tx, person.id, nowMs) });
        return { done: true as const };
      },
    },
  );
