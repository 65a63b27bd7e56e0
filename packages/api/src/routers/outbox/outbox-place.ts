import type { Located } from "../../boundary/decide-crossing.ts";
import type { Trace } from "../../boundary/trace.ts";
import { aboutItem } from "../../outbox/move-item.ts";

/** What the egress process does. */
export const DELIVER = { action: "outbox.deliver", resource: "outbox" } as const;

/** The outbox is the deployment's: a packet may hold documents of several sites. */
export const inDeployment = (): Promise<Located<null>> => Promise.resolve({ place: { kind: "deployment" }, found: null });

export const locateItem = ({ itemId }: { readonly itemId: string }, trace: Trace): Promise<Located<null>> => {
  aboutItem(trace, itemId);
  return inDeployment();
};
