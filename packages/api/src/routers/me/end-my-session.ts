import { Done, EndMySessionInput } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import type { Boundary } from "../../boundary/procedure.ts";
import type { ApiDeps } from "../../ports.ts";
import { locateOwn, ownSession } from "./own-place.ts";

/** Ends one of my sessions, this one too. */
export const endMySession = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.change(
    { action: "access.change", resource: "access", input: EndMySessionInput, output: Done, locate: () => locateOwn(deps) },
    {
      prepare: async ({ input, session, trace }) => {
        const { person } = ownSession(session);
        trace.about(`session/${input.sessionId}`);
        // Somebody else's session and one that isn't there are the same to me.
        if ((await deps.people.sessions.byId(input.sessionId))?.person !== person) throw new SallyportError("policy.denied");
      },
      commit: async (tx, { input, trace }) => {
        if (!(await deps.people.sessions.end(tx, input.sessionId, "ended_by_owner", deps.now()))) throw new SallyportError("session.ended");
        trace.note({ why: "ended_by_owner" });
        return { done: true as const };
      },
    },
  );
