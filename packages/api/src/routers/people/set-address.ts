import { Done, SetAddressInput } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import type { Boundary } from "../../boundary/procedure.ts";
import { setAddress } from "../../notices/set-address.ts";
import type { ApiDeps } from "../../ports.ts";
import { sealReason } from "../../sealed-reason.ts";
import { locatePerson, present } from "./person-place.ts";

/** Says where somebody else is told of what is done in their name. One's own address takes one's own proof. */
export const setPersonAddress = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.change(
    {
      action: "person.invite",
      resource: "principal",
      input: SetAddressInput,
      output: Done,
      locate: ({ personId }, trace) => locatePerson(deps, personId, trace),
    },
    {
      prepare: async ({ input, grant, found, trace }) => {
        if (present(found).id === grant.person) throw new SallyportError("policy.separation");
        const reason = sealReason((await deps.referenceKeys()).change, grant, input.reason);
        trace.note({ notices: input.address === null ? "off" : "on", commitment: reason.commitment });
        return reason;
      },
      commit: async (tx, { input: { personId, address }, grant }, reason) => {
        const person = present(await deps.people.people.lock(tx, personId));
        if (person.status === "left") throw new SallyportError("approval.state");
        await deps.changes.insert(tx, reason);
        await setAddress(deps, tx, { person: person.id, address, by: grant.person, request: grant.requestId });
        return { done: true as const };
      },
    },
  );
