import { OffboardPersonInput, OffboardPersonOutput } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import type { Boundary } from "../../boundary/procedure.ts";
import { ADMINISTRATOR_ROLE } from "../../people/administrators.ts";
import { offboardPerson } from "../../people/offboard-person.ts";
import type { ApiDeps } from "../../ports.ts";
import { sealReason } from "../../sealed-reason.ts";
import { locatePerson, present } from "./person-place.ts";

/** Ends somebody's access for good, in one act. An administrator's is ended by an approval only: `approval.required`; nobody offboards themselves. */
export const offboard = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.change(
    {
      action: "person.offboard",
      resource: "principal",
      input: OffboardPersonInput,
      output: OffboardPersonOutput,
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
        const { people } = deps.people;
        const administrators = await people.lockHolders(tx, ADMINISTRATOR_ROLE, deps.now());
        const person = present(await people.lock(tx, input.personId));
        if (administrators.some(({ id }) => id === person.id)) throw new SallyportError("approval.required");
        if (person.status === "left") throw new SallyportError("people.state");
        await deps.changes.insert(tx, reason);
        trace.note({ before: person.status, after: "left", ...(await offboardPerson(deps, tx, person.id, { within: null, approval: null })) });
        return { done: true as const };
      },
    },
  );
