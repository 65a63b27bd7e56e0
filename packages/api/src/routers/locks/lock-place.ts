import type { LockRow } from "@sallyport/policy";
import type { Located } from "../../boundary/decide-crossing.ts";
import type { Trace } from "../../boundary/trace.ts";
import type { ApiDeps } from "../../ports.ts";

/** A lock belongs to the whole deployment. One that isn't there is found out after the decision. */
export async function locateLock<Tx>(deps: Pick<ApiDeps<Tx>, "locks">, lockId: string, trace: Trace): Promise<Located<LockRow | null>> {
  trace.about(lockId);
  return { place: { kind: "deployment" }, found: await deps.locks.byId(lockId) };
}
