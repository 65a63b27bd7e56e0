import { CheckIdentityInput, CheckIdentityOutput } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import type { Boundary } from "../../boundary/procedure.ts";
import type { ApiDeps } from "../../ports.ts";
import { sealReason } from "../../sealed-reason.ts";
import { locatePerson, present } from "./person-place.ts";

/** Puts on record that somebody was found to be who they say they are, and how: before it nobody signs (21 CFR 11.100(b)). Never of oneself. */
export const checkIdentity = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.change(
    {
      action: "person.invite",
      resource: "principal",
      input: CheckIdentityInput,
      output: CheckIdentityOutput,
      evidence: true,
      locate: ({ personId }, trace) => locatePerson(deps, personId, trace),
    },
    {
      prepare: async ({ input, grant, found, trace }) => {
        if (present(found).id === grant.person) throw new SallyportError("policy.separation");
        const reason = sealReason((await deps.referenceKeys()).change, grant, input.reason);
        trace.note({ identity: input.how, commitment: reason.commitment });
        return reason;
      },
      commit: async (tx, { input, grant }, reason) => {
        const person = present(await deps.people.people.lock(tx, input.personId));
        if (person.status === "left") throw new SallyportError("approval.state");
        const atMs = deps.now();
        await deps.changes.insert(tx, reason);
        await deps.people.people.checkIdentity(tx, { person: person.id, by: grant.person, how: input.how, reason: reason.id, atMs });
        return { checkedAt: new Date(atMs).toISOString() };
      },
    },
  );
