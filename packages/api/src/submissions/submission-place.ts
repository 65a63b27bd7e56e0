import type { StudyRow } from "@sallyport/phi";
import type { Place } from "@sallyport/policy";
import type { Located } from "../boundary/decide-crossing.ts";
import type { Trace } from "../boundary/trace.ts";
import type { ApiDeps } from "../ports.ts";

/** What is the whole study's belongs to each of its sites. A study without a site, and one that isn't there, is nowhere. */
export function placeOfStudy(studies: readonly Pick<StudyRow, "id" | "sites">[], study: string | null): Place {
  const sites = studies.find(({ id }) => id === study)?.sites ?? [];
  if (study === null || sites.length === 0) return { kind: "one", site: null };
  return { kind: "each", sites: sites.map(({ id: site }) => ({ study, site })) };
}

/** A submission is the whole study's: whoever crosses to it needs the right at each of its sites. */
export async function wholeStudy<Tx>({ studies }: Pick<ApiDeps<Tx>, "studies">, study: string | null): Promise<Located<Place>> {
  const place = placeOfStudy(await studies.all(), study);
  return { place, found: place };
}

/** Where a submission or a packet belongs, from our own records. */
export async function locateSubmission<Tx>(deps: Pick<ApiDeps<Tx>, "studies" | "submissions">, id: string, trace: Trace): Promise<Located<Place>> {
  trace.about(id);
  return wholeStudy(deps, await deps.submissions.studyOf(id));
}
