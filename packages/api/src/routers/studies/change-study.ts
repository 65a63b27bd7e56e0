import { ChangeStudyTitleInput, ChangeStudyTitleOutput, CloseSiteInput, CloseSiteOutput, ReopenSiteInput } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import type { StudyRow } from "@sallyport/phi";
import type { Boundary, Crossing } from "../../boundary/procedure.ts";
import type { ApiDeps } from "../../ports.ts";
import { type SealedReason, sealReason } from "../../sealed-reason.ts";
import { locateStudy } from "./study-place.ts";

/** The reason, sealed, of an act on a study that is there. */
async function reasonFor<Tx>(deps: ApiDeps<Tx>, { input, grant, found, trace }: Crossing<{ readonly reason: string }, StudyRow | null>): Promise<SealedReason> {
  if (found === null) throw new SallyportError("policy.denied");
  const reason = sealReason((await deps.referenceKeys()).change, grant, input.reason);
  trace.note({ commitment: reason.commitment });
  return reason;
}

/** Changes what a study is called. Its id stays: records and data name it. */
export const changeStudyTitle = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.change(
    { action: "study.register", resource: "study", input: ChangeStudyTitleInput, output: ChangeStudyTitleOutput, locate: ({ study }, trace) => locateStudy(deps, study, trace) },
    {
      prepare: (crossing) => reasonFor(deps, crossing),
      commit: async (tx, { input: { study, title }, trace }, reason) => {
        await deps.studies.lock(tx, study);
        await deps.changes.insert(tx, reason);
        await deps.studies.changeTitle(tx, study, title);
        trace.note({ changed: "title" });
        return { done: true as const };
      },
    },
  );

/** Closes a site: within a second nothing new is uploaded or released there, and no subject comes there. What is there stays readable. */
export const closeSite = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.change(
    { action: "study.register", resource: "study", input: CloseSiteInput, output: CloseSiteOutput, locate: ({ study }, trace) => locateStudy(deps, study, trace) },
    {
      prepare: (crossing) => reasonFor(deps, crossing),
      commit: async (tx, { input: { study, site }, trace }, reason) => {
        await deps.changes.insert(tx, reason);
        if (!(await deps.studies.close(tx, study, site, deps.now()))) throw new SallyportError("site.state");
        trace.note({ at: `${study}/${site}`, before: "open", after: "closed" });
        return { done: true as const };
      },
    },
  );

/** Opens a closed site again. */
export const reopenSite = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.change(
    { action: "study.register", resource: "study", input: ReopenSiteInput, output: CloseSiteOutput, locate: ({ study }, trace) => locateStudy(deps, study, trace) },
    {
      prepare: (crossing) => reasonFor(deps, crossing),
      commit: async (tx, { input: { study, site }, trace }, reason) => {
        await deps.changes.insert(tx, reason);
        if (!(await deps.studies.close(tx, study, site, null))) throw new SallyportError("site.state");
        trace.note({ at: `${study}/${site}`, before: "closed", after: "open" });
        return { done: true as const };
      },
    },
  );
