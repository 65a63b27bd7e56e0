import { newId } from "@sallyport/crypto";
import { referenceOf } from "@sallyport/phi";
import type { EmergencyRow } from "@sallyport/policy";
import type { Located } from "../../boundary/decide-crossing.ts";
import type { Trace } from "../../boundary/trace.ts";
import type { ApiDeps } from "../../ports.ts";

/** Where an emergency belongs: to its subject's site of then. One that isn't there has no site, and so ends as a foreign one does. */
export async function locateEmergency<Tx>(deps: Pick<ApiDeps<Tx>, "emergencies" | "referenceKeys">, emergencyId: string, trace: Trace): Promise<Located<EmergencyRow | null>> {
  const [found, { reference }] = await Promise.all([deps.emergencies.byId(emergencyId), deps.referenceKeys()]);
  // Computed for what isn't there too: the time of an answer tells nothing.
  trace.about(referenceOf(reference.key, found?.subject ?? newId("sub")));
  trace.note({ of: emergencyId });
  if (found === null) return { place: { kind: "one", site: null }, found };
  const site = { study: found.study, site: found.site };
  trace.concerns(site);
  return { place: { kind: "one", site }, found };
}
