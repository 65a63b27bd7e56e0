import type { Place, SiteRef } from "@sallyport/policy";
import type { Located } from "../../boundary/decide-crossing.ts";
import type { Trace } from "../../boundary/trace.ts";
import type { ApiDeps } from "../../ports.ts";

/** The site of a chain's name, or null for `system`. */
export function siteOfChain(chain: string): SiteRef | null {
  const found = /^site:([^/]+)\/([^/]+)$/.exec(chain);
  return found === null ? null : { study: found[1] ?? "", site: found[2] ?? "" };
}

/** Where several chains belong: each at its site, or, where `system` is among them, the whole deployment. */
export async function placeOfChains<Tx>(deps: Pick<ApiDeps<Tx>, "studies">, chains: readonly string[]): Promise<Place> {
  const places = await Promise.all(chains.map((chain) => placeOfChain(deps, chain)));
  if (places.some(({ kind }) => kind === "deployment")) return { kind: "deployment" };
  return { kind: "each", sites: places.map((place) => (place.kind === "one" ? place.site : null)) };
}

/** Where a chain belongs: its site, if that is registered, or the whole deployment. */
export async function placeOfChain<Tx>(deps: Pick<ApiDeps<Tx>, "studies">, chain: string): Promise<Place> {
  // Asked for in either case, so that the time of a denial doesn't tell `system` from a site.
  const studies = await deps.studies.all();
  const site = siteOfChain(chain);
  if (site === null) return { kind: "deployment" };
  const known = studies.some(({ id, sites }) => id === site.study && sites.some((each) => each.id === site.site));
  return { kind: "one", site: known ? site : null };
}

/** What is about one chain, by its name in the input. */
export const locateChain =
  <Tx>(deps: Pick<ApiDeps<Tx>, "studies">) =>
  async ({ chain }: { readonly chain: string }, trace: Trace): Promise<Located<null>> => {
    trace.about(chain);
    return { place: await placeOfChain(deps, chain), found: null };
  };
