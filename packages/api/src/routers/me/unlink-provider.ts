import { Done, UnlinkProviderInput } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import type { Boundary } from "../../boundary/procedure.ts";
import { tellOwnAct } from "../../notices/own-act.ts";
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
      commit: async (tx, { input, grant }, person) => {
        // Somebody else's and one that isn't there are the same to me.
        if (!(await deps.people.identities.unlink(tx, person, input.identityId))) throw new SallyportError("policy.denied");
        const { requestId: request } = grant;
        await tellOwnAct(deps, tx, { kind: "proof.used", person, act: "unlink an identity", about: `identity/${input.identityId}`, method: input.proof.kind, request });
        return { done: true as const };
      },
    },
  );
