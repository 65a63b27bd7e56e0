import { RevealFieldInput, RevealFieldOutput } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import { openFields } from "@sallyport/phi";
import type { Boundary } from "../../boundary/procedure.ts";
import { sealReason } from "../../sealed-reason.ts";
import type { ApiDeps } from "../../ports.ts";
import { findField } from "./find-field.ts";
import { locateSubject, subjectKeyPlace } from "./subject-place.ts";

/** How long a screen may show a revealed value before it covers it again. */
const REMASK_AFTER_SECONDS = 60;

/** Opens one masked field, with a purpose and a reason; each call is a crossing of its own, and on record before the value leaves. */
export const revealField = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.reveal(
    {
      action: "phi.read",
      resource: "subject_phi",
      input: RevealFieldInput,
      output: RevealFieldOutput,
      locate: ({ subjectId }, trace) => locateSubject(deps, subjectId, trace),
    },
    async ({ input, grant, trace }) => {
      const found = await findField(deps, grant, input);
      // A field that isn't there, and one that this grant doesn't open, end alike.
      if (found === null) throw new SallyportError("policy.denied");
      const classifier = deps.profiles.of(found.subject.study);
      if (!grant.fields.readable.includes(classifier.ofStored(found.row))) throw new SallyportError("policy.denied");
      const { subject, row } = found;
      const key = await deps.keys.open(subjectKeyPlace(subject), subject.wrapped);
      const [view] = openFields(grant, key, subject, [row], classifier);
      if (view?.shown !== "open") throw new SallyportError("policy.denied");
      const value = view.value.open(grant);
      const reason = sealReason((await deps.referenceKeys()).change, grant, input.reason);
      trace.note({
        field: input.field,
        record: input.record,
        ...(input.version !== undefined && { version: input.version }),
        purpose: input.purpose,
        commitment: reason.commitment,
      });
      return {
        store: (tx) => deps.changes.insert(tx, reason),
        answer: (recorded) => ({
          subjectId: subject.id,
          field: input.field,
          record: input.record,
          version: row.version,
          value,
          remaskAfterSeconds: REMASK_AFTER_SECONDS,
          recorded,
        }),
      };
    },
  );
