import { ListSubjectsInput, ListSubjectsOutput } from "@sallyport/contracts";
import type { Boundary } from "../../boundary/procedure.ts";
import { openCursor, sealCursor } from "../../cursor.ts";
import type { ApiDeps } from "../../ports.ts";
import { locateSites } from "../site-place.ts";
import { subjectSummary } from "./subject-summary.ts";

/** The subjects that the caller's sites reach, by label, masked. Never sorted, filtered or counted by a masked value. */
export const listSubjects = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read(
    {
      action: "subject.list",
      resource: "subject",
      input: ListSubjectsInput,
      output: ListSubjectsOutput,
      locate: (input) => locateSites(deps, input),
    },
    async ({ input: { study, site, cursor, limit }, grant, trace }) => {
      const { cursor: key } = await deps.referenceKeys();
      const scope = { principal: grant.principal, list: "subjects.list", filter: { study, site } };
      const after = cursor === undefined ? undefined : openCursor(key, scope, cursor);
      const page = await deps.subjects.list(grant, { study, site, after, limit });
      const last = page.items.at(-1);
      trace.note({ shown: page.items.length, of: page.total });
      return {
        items: page.items.map(subjectSummary),
        total: page.total,
        bySite: [...page.bySite],
        next: last !== undefined && page.items.length === limit ? sealCursor(key, scope, last.label) : null,
      };
    },
  );
