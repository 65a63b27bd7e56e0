import { AcceptStatementInput, AcceptStatementOutput, SigningStatementInput, SigningStatementOutput } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import type { Boundary } from "../../boundary/procedure.ts";
import type { ApiDeps } from "../../ports.ts";
import { ACCOUNTABILITY, accountabilityDigest } from "../../signatures/accountability.ts";
import { locateOwn, ownSession } from "../me/own-place.ts";

const timeOf = (ms: number): string => new Date(ms).toISOString();

/** The statement by which I take my signatures to be binding, and since when I have. */
export const signingStatement = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read(
    { action: "submission.sign", resource: "ectd_sequence", input: SigningStatementInput, output: SigningStatementOutput, locate: () => locateOwn(deps) },
    async ({ session }) => {
      const acceptedAtMs = await deps.signatures.acceptedAt(ownSession(session).person, accountabilityDigest);
      return { text: ACCOUNTABILITY, digest: accountabilityDigest, acceptedAt: acceptedAtMs === null ? null : timeOf(acceptedAtMs) };
    },
  );

/** Takes it, for good. It names what was read, so that nobody takes another wording than they saw. */
export const acceptStatement = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.change(
    { action: "submission.sign", resource: "ectd_sequence", input: AcceptStatementInput, output: AcceptStatementOutput, recorded: "once", locate: () => locateOwn(deps) },
    {
      prepare: ({ input, session, trace }) => {
        const { person } = ownSession(session);
        if (input.digest !== accountabilityDigest) throw new SallyportError("signature.statement");
        trace.about(`person/${person}`);
        trace.note({ accountability: accountabilityDigest });
        return Promise.resolve(person);
      },
      commit: async (tx, _crossing, person) => {
        const nowMs = deps.now();
        await deps.signatures.accept(tx, person, accountabilityDigest, nowMs);
        return { acceptedAt: timeOf(nowMs) };
      },
    },
  );
