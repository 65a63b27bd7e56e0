import { GetSubjectInput, GetSubjectOutput } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import { openFields } from "@sallyport/phi";
import type { Boundary } from "../../boundary/procedure.ts";
import type { ApiDeps } from "../../ports.ts";
import { shownField } from "./shown-field.ts";
import { locateSubject, subjectKeyPlace } from "./subject-place.ts";
import { subjectSummary } from "./subject-summary.ts";

/** One subject: what the grant reads is opened, what it masks is masked, the rest isn't mentioned. */
export const getSubject = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read(
    {
      action: "subject.read",
      resource: "subject",
      input: GetSubjectInput,
      output: GetSubjectOutput,
      locate: ({ subjectId }, trace) => locateSubject(deps, subjectId, trace),
    },
    async ({ input, grant, trace }) => {
      const opened = await deps.subjects.open(grant, input.subjectId);
      if (opened === null) throw new SallyportError("policy.denied");
      const { subject, fields } = opened;
      const key = await deps.keys.open(subjectKeyPlace(subject), subject.wrapped);
      const shown = openFields(grant, key, subject, fields).map((view) => shownField(grant, view));
      trace.note({ opened: shown.filter(({ state }) => state === "readable").length, masked: shown.filter(({ state }) => state === "masked").length });
      return { ...subjectSummary(subject), fields: shown };
    },
  );
