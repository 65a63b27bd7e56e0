import type { Place, SiteRef } from "@sallyport/policy";
import type { ApiDeps } from "../../ports.ts";

/** The site of a chain's name, or null for `system`. */
export function siteOfChain(chain: string): SiteRef | null {
  const found = /^site:([^/]+)\/([^/]+)$/.exec(chain);
  return found === null ? null : { study: found[1] ?? "", site: found[2] ?? "" };
}

/** Where a chain belongs: its site, if that is registered, or the whole deployment. */
export async function placeOfChain<Tx>(deps: Pick<ApiDeps<Tx>, "studies">, chain: string): Promise<Place> {
  const site = siteOfChain(chain);
  if (site === null) return { kind: "deployment" };
  const known = (await deps.studies.all()).some(({ id, sites }) => id === site.study && sites.some((each) => each.id === site.site));
  return { kind: "one", site: known ? site : null };
}
