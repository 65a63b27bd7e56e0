import type { Located } from "../boundary/decide-crossing.ts";
import type { SiteRef } from "@sallyport/policy";
import type { ApiDeps } from "../ports.ts";

/** All registered sites. */
export const allSites = async <Tx>({ studies }: Pick<ApiDeps<Tx>, "studies">): Promise<readonly SiteRef[]> =>
  (await studies.all()).flatMap(({ id, sites }) => sites.map((site) => ({ study: id, site: site.id })));

/** All registered sites, or those under a filter; the decision keeps the ones that the caller may see. A filter that matches none is a denial. */
export async function locateSites<Tx>(
  deps: Pick<ApiDeps<Tx>, "studies">,
  filter: { readonly study?: string | undefined; readonly site?: string | undefined },
): Promise<Located<null>> {
  const studies = await deps.studies.all();
  // Before anything is registered there is the deployment alone, and who administers it.
  if (studies.length === 0) return { place: { kind: "deployment" }, found: null };
  const sites = studies
    .filter(({ id }) => filter.study === undefined || id === filter.study)
    .flatMap(({ id, sites: each }) => each.map((site) => ({ study: id, site: site.id })))
    .filter(({ site }) => filter.site === undefined || site === filter.site);
  return { place: { kind: "any", sites }, found: null };
}
