import { AddSitesInput, AddSitesOutput, RegisterStudyInput, RegisterStudyOutput } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import { siteKey } from "@sallyport/policy";
import type { Boundary } from "../../boundary/procedure.ts";
import type { Trace } from "../../boundary/trace.ts";
import type { ApiDeps } from "../../ports.ts";
import { sealReason } from "../../sealed-reason.ts";
import { locateStudy } from "./study-place.ts";

type Sites = readonly { readonly site: string; readonly name: string; readonly country: string }[];

/** Refuses a list that names a site twice, whatever else it says of it. */
function assertDistinct(sites: Sites): void {
  if (new Set(sites.map(({ site }) => site)).size !== sites.length) throw new SallyportError("input.invalid", { where: ["sites: one is named twice"] });
}

/** Begins the chains of new sites, in the act's own transaction. */
async function openSites<Tx>(deps: ApiDeps<Tx>, tx: Tx, trace: Trace, study: string, sites: Sites): Promise<void> {
  const opened = sites.map(({ site }) => ({ study, site }));
  for (const site of opened) await deps.openChain(tx, `site:${siteKey(site)}`);
  trace.opens(opened);
}

const rowsOf = (sites: Sites) => sites.map(({ site: id, name, country }) => ({ id, name, country }));

/** Registers a study with its sites. From now on data may name them. */
export const registerStudy = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.change(
    { action: "study.register", resource: "study", input: RegisterStudyInput, output: RegisterStudyOutput, locate: ({ study }, trace) => locateStudy(deps, study, trace) },
    {
      prepare: async ({ input, grant, trace }) => {
        assertDistinct(input.sites);
        if (deps.profiles.inForce(input.profile) === null) throw new SallyportError("input.invalid", { where: ["profile: none of this name"] });
        const reason = sealReason((await deps.referenceKeys()).change, grant, input.reason);
        trace.note({ commitment: reason.commitment });
        return reason;
      },
      commit: async (tx, { input: { study, title, profile, sites }, found, trace }, reason) => {
        if (found !== null) throw new SallyportError("registration.conflict", { study });
        await deps.changes.insert(tx, reason);
        // The same, by another at the same time, is no registration of this one's.
        if ((await deps.studies.register(tx, { id: study, title, profile, sites: rowsOf(sites) })) === "unchanged") throw new SallyportError("registration.conflict", { study });
        await openSites(deps, tx, trace, study, sites);
        trace.note({ sites: sites.length, profile });
        return { sites: sites.length };
      },
    },
  );

/** Adds sites to a study, all of them or none. */
export const addSites = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.change(
    { action: "study.register", resource: "study", input: AddSitesInput, output: AddSitesOutput, locate: ({ study }, trace) => locateStudy(deps, study, trace) },
    {
      prepare: async ({ input, grant, found, trace }) => {
        if (found === null) throw new SallyportError("policy.denied");
        assertDistinct(input.sites);
        const reason = sealReason((await deps.referenceKeys()).change, grant, input.reason);
        trace.note({ commitment: reason.commitment });
        return reason;
      },
      commit: async (tx, { input: { study, sites }, trace }, reason) => {
        await deps.studies.lock(tx, study);
        await deps.changes.insert(tx, reason);
        await deps.studies.addSites(tx, study, rowsOf(sites));
        await openSites(deps, tx, trace, study, sites);
        trace.note({ sites: sites.length });
        return { sites: sites.length };
      },
    },
  );
