import { EndSessionsInput, EndSessionsOutput } from "@sallyport/contracts";
import type { Boundary } from "../../boundary/procedure.ts";
import type { ApiDeps } from "../../ports.ts";
import { sealReason } from "../../sealed-reason.ts";
import { locatePerson, present } from "./person-place.ts";

/** Ends all sessions of somebody, who may sign in again. */
export const endSessions = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.change(
    {
      action: "session.end",
      resource: "session",
      input: EndSessionsInput,
      output: EndSessionsOutput,
      locate: ({ personId }, trace) => locatePerson(deps, personId, trace),
    },
    {
      prepare: async ({ input, grant, found, trace }) => {
        present(found);
        const reason = sealReason((await deps.referenceKeys()).change, grant, input.reason);
        trace.note({ commitment: reason.commitment });
        return reason;
      },
      commit: async (tx, { input, trace }, reason) => {
        await deps.changes.insert(tx, reason);
        const ended = await deps.people.sessions.endAll(tx, input.personId, "ended_by_administrator", deps.now());
        trace.note({ sessions: ended.length, why: "ended_by_administrator" });
        return { ended: ended.length };
      },
    },
  );
