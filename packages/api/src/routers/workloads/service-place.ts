import type { Located } from "../../boundary/decide-crossing.ts";
import type { Trace } from "../../boundary/trace.ts";

/** Services belong to no site. One that isn't there is found out after the decision. */
export const locateService = ({ service }: { readonly service: string }, trace: Trace): Promise<Located<null>> => {
  trace.about(`workload/${service}`);
  return Promise.resolve({ place: { kind: "deployment" }, found: null });
};
