import { Done, UnlinkProviderInput } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import type { Boundary } from "../../boundary/procedure.ts";
import type { ApiDeps } from "../../ports.ts";
import { locateOwn, ownSession } from "./own-place.ts";
import { removalDigest } from "./remove-authenticator.ts";

/** Ends what an identity at an external provider opened: it signs nobody in any more. What I sign in with here is left to me. */
export const unlinkProvider = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.change(
    { action: "access.change", resource: "access", input: UnlinkProviderInput, output: Done, locate: () => locateOwn(deps) },
    {
      prepare: async ({ input, session, trace }) => {
        const { person } = ownSession(session);
        trace.about(`identity/${input.identityId}`);
        await deps.stepUp.attest(person, input.proof, removalDigest(person, input.identityId));
        return person;
      },
      commit: async (tx, { input }, person) => {
        // Somebody else's and one that isn't there are the same to me.
        if (!(await deps.people.identities.unlink(tx, person, input.identityId))) throw new SallyportError("policy.denied");
        return { done: true as const };
      },
    },
  );
