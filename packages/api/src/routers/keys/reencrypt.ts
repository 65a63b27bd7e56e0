import { ReencryptInput, ReencryptOutput } from "@sallyport/contracts";
import { newId } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import { referenceOf } from "@sallyport/phi";
import type { Boundary } from "../../boundary/procedure.ts";
import type { ApiDeps } from "../../ports.ts";
import { sealReason } from "../../sealed-reason.ts";
import { ROTATE } from "./ring-place.ts";

/**
 * Begins to have stored fields sealed anew under other data keys, in the background. It opens nothing to anybody and ends nothing that is needed, so one
 * who may turn keys asks for it, and asking again only does the work again.
 */
export const reencrypt = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.change(
    {
      ...ROTATE,
      input: ReencryptInput,
      output: ReencryptOutput,
      locate: async ({ study, subjectId }, trace) => {
        trace.about(subjectId === undefined ? `study/${study}` : referenceOf((await deps.referenceKeys()).reference.key, subjectId));
        return { place: { kind: "deployment" }, found: null };
      },
    },
    {
      prepare: async ({ input, grant, trace }) => {
        if (!(await deps.studies.all()).some(({ id }) => id === input.study)) throw new SallyportError("policy.denied");
        const reason = sealReason((await deps.referenceKeys()).change, grant, input.reason);
        const id = newId("ren");
        trace.note({ job: id, study: input.study, commitment: reason.commitment });
        return { id, reason };
      },
      commit: async (tx, { input: { study, subjectId = null }, trace }, { id, reason }) => {
        await deps.changes.insert(tx, reason);
        const subjects = await deps.reencryptions.begin(tx, { id, study, subject: subjectId });
        if (subjects === null) throw new SallyportError("policy.denied");
        trace.note({ subjects });
        return { jobId: id, subjects };
      },
    },
  );
