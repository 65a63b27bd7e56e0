import { type DecidableKind, type Place, type SiteRef, siteKey } from "@sallyport/policy";
import type { Right } from "../boundary/decide-crossing.ts";
import type { AnyAct } from "./registry.ts";

const DECIDE: Right = { action: "approval.decide", resource: "approval" };

/** Which kinds a caller may decide, and where: over the deployment, and at which of these sites. */
export function decidableKinds<Tx>(acts: Readonly<Record<string, AnyAct<Tx>>>, sites: readonly SiteRef[], may: (right: Right, place: Place) => boolean): readonly DecidableKind[] {
  const mayDecide = (right: Right, place: Place): boolean => may(DECIDE, place) && may(right, place);
  return Object.values(acts).map(({ kind, approve }) => ({
    kind,
    deployment: mayDecide(approve, { kind: "deployment" }),
    sites: sites.filter((site) => mayDecide(approve, { kind: "one", site })).map(siteKey),
  }));
}
