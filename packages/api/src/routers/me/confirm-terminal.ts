import { ConfirmTerminalInput, Done } from "@sallyport/contracts";
import { sha256Hex } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import type { Boundary } from "../../boundary/procedure.ts";
import type { ApiDeps } from "../../ports.ts";
import { locateOwn, ownSession } from "./own-place.ts";

/** Decides on a terminal that shows this code: it becomes mine, or it gets nothing. At the console only, where I have signed in by myself. */
export const confirmTerminal = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.change(
    { action: "access.change", resource: "access", input: ConfirmTerminalInput, output: Done, locate: () => locateOwn(deps) },
    {
      prepare: ({ session, trace, input }) => {
        const own = ownSession(session);
        if (own.via !== "console") throw new SallyportError("policy.denied");
        trace.about("terminal");
        trace.note({ verdict: input.verdict, session: own.id });
        return Promise.resolve(own);
      },
      commit: async (tx, { input }, own) => {
        const verdict = { person: own.person, session: own.id, isGranted: input.verdict === "approve" };
        if (!(await deps.people.terminals.decide(tx, sha256Hex(input.userCode), verdict, deps.now()))) throw new SallyportError("approval.state");
        return { done: true as const };
      },
    },
  );
