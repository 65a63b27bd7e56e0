import { ListStudiesInput, ListStudiesOutput } from "@sallyport/contracts";
import { siteKey } from "@sallyport/policy";
import type { Boundary } from "../../boundary/procedure.ts";
import type { ApiDeps } from "../../ports.ts";
import { locateSites } from "../site-place.ts";

/** The studies and sites that the caller's assignments reach. */
export const listStudies = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read({ action: "study.read", resource: "study", input: ListStudiesInput, output: ListStudiesOutput, locate: () => locateSites(deps, {}) }, async ({ grant, trace }) => {
    const mine = new Set(grant.sites.map(siteKey));
    const studies = (await deps.studies.all())
      .map(({ id, title, profile, sites, retainedUntil = null }) => ({
        study: id,
        title,
        profile,
        retainedUntil,
        sites: sites
          .filter((site) => mine.has(siteKey({ study: id, site: site.id })))
          .map(({ id: site, name, country, closedAtMs = null }) => ({
            site,
            name,
            country,
            closedAt: closedAtMs === null ? null : new Date(closedAtMs).toISOString(),
          })),
      }))
      .filter(({ sites }) => sites.length > 0);
    trace.note({ shown: studies.length });
    return { studies };
  });
