import type { Located } from "../boundary/decide-crossing.ts";
import type { Trace } from "../boundary/trace.ts";
import type { ApiDeps, TrailIncident } from "../ports.ts";
import { placeOfChain } from "../routers/trail/chain-place.ts";

/** Where an incident belongs: where its chain does. One that isn't there has no place, and so ends as one of another's chain does. */
export async function locateIncident<Tx>(deps: Pick<ApiDeps<Tx>, "incidents" | "studies">, incidentId: string, trace: Trace): Promise<Located<TrailIncident | null>> {
  trace.about(`incident/${incidentId}`);
  const found = deps.incidents().find(({ id }) => id === incidentId) ?? null;
  const place = await placeOfChain(deps, found?.chain ?? "system");
  return found === null ? { place: { kind: "one", site: null }, found } : { place, found };
}
