import type { Place } from "@sallyport/policy";
import type { Located } from "../boundary/decide-crossing.ts";
import type { Trace } from "../boundary/trace.ts";
import type { ApiDeps } from "../ports.ts";

const NOWHERE: Located<Place> = { place: { kind: "one", site: null }, found: { kind: "one", site: null } };

/** A submission is the whole study's: whoever crosses to it needs the right at each of its sites. One without a site, and one that isn't there, is nowhere. */
export async function wholeStudy<Tx>({ studies }: Pick<ApiDeps<Tx>, "studies">, study: string | null): Promise<Located<Place>> {
  const sites = (await studies.all()).find(({ id }) => id === study)?.sites ?? [];
  if (study === null || sites.length === 0) return NOWHERE;
  const place: Place = { kind: "each", sites: sites.map(({ id: site }) => ({ study, site })) };
  return { place, found: place };
}

/** Where a submission or a packet belongs, from our own records. */
export async function locateSubmission<Tx>(deps: Pick<ApiDeps<Tx>, "studies" | "submissions">, id: string, trace: Trace): Promise<Located<Place>> {
  trace.about(id);
  return wholeStudy(deps, await deps.submissions.studyOf(id));
}
