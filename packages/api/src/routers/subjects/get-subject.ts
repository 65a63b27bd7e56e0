import { GetSubjectInput, GetSubjectOutput } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import { maskOf, openFields } from "@sallyport/phi";
import type { Boundary } from "../../boundary/procedure.ts";
import type { ApiDeps } from "../../ports.ts";
import { locateSubject, subjectKeyPlace } from "./subject-place.ts";

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
      const shown = openFields(grant, key, subject, fields).map((view) => {
        const named = { field: `${view.domain}.${view.name}`, record: view.record };
        return view.shown === "open" ? { state: "readable" as const, ...named, value: view.value.open(grant) } : { state: "masked" as const, ...named, mask: view.mask };
      });
      trace.note({ opened: shown.filter(({ state }) => state === "readable").length, masked: shown.filter(({ state }) => state === "masked").length });
      return { subjectId: subject.id, label: subject.label, study: subject.study, site: subject.site, usubjid: maskOf(), fields: shown };
    },
  );
