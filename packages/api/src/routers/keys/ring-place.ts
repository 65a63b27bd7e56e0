import type { Located } from "../../boundary/decide-crossing.ts";
import type { Trace } from "../../boundary/trace.ts";

export const ROTATE = { action: "keys.rotate", resource: "key_ring" } as const;

/** Keys belong to no site. */
export const locateRing = ({ ring }: { readonly ring: string }, trace: Trace): Promise<Located<null>> => {
  trace.about(`ring/${ring}`);
  return Promise.resolve({ place: { kind: "deployment" }, found: null });
};
