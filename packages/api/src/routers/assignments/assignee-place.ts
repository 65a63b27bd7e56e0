import type { Assignee } from "@sallyport/policy";
import type { Located } from "../../boundary/decide-crossing.ts";
import type { Trace } from "../../boundary/trace.ts";
import type { ApiDeps } from "../../ports.ts";

/** Who holds what belongs to the whole deployment. Whoever isn't there is found out after the decision, so that nobody learns it without the right. */
export async function locateAssignee<Tx>(deps: Pick<ApiDeps<Tx>, "assignments">, principal: string, trace: Trace): Promise<Located<Assignee | null>> {
  trace.about(`principal/${principal}`);
  return { place: { kind: "deployment" }, found: await deps.assignments.find(principal) };
}
