import { type DecidableKind, type Place, type SiteRef, siteKey } from "@sallyport/policy";
import type { Right } from "../boundary/decide-crossing.ts";
import type { ApiDeps } from "../ports.ts";
import { placeOfStudy } from "../submissions/submission-place.ts";
import type { AnyAct } from "./registry.ts";

const DECIDE: Right = { action: "approval.decide", resource: "approval" };

/** Which kinds a caller may decide, and where: over the deployment, and at which of these sites; what is the whole study's only where they may at each site of it. */
export async function decidableKinds<Tx>(
  deps: Pick<ApiDeps<Tx>, "studies">,
  acts: Readonly<Record<string, AnyAct<Tx>>>,
  sites: readonly SiteRef[],
  may: (right: Right, place: Place) => boolean,
): Promise<readonly DecidableKind[]> {
  const studies = await deps.studies.all();
  const mayDecide = (right: Right, place: Place): boolean => may(DECIDE, place) && may(right, place);
  const sitesFor = ({ approve, isStudyWide }: AnyAct<Tx>): readonly SiteRef[] => {
    if (isStudyWide !== true) return sites.filter((site) => mayDecide(approve, { kind: "one", site }));
    const named = new Set(sites.map(({ study }) => study));
    const whole = new Set([...named].filter((study) => mayDecide(approve, placeOfStudy(studies, study))));
    return sites.filter(({ study }) => whole.has(study));
  };
  return Object.values(acts).map((act) => ({ kind: act.kind, deployment: mayDecide(act.approve, { kind: "deployment" }), sites: sitesFor(act).map(siteKey) }));
}
