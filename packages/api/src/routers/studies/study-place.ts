import type { StudyRow } from "@sallyport/phi";
import type { Located } from "../../boundary/decide-crossing.ts";
import type { Trace } from "../../boundary/trace.ts";
import type { ApiDeps } from "../../ports.ts";

/** The registry belongs to the whole deployment. A study that isn't there is found out after the decision. */
export async function locateStudy<Tx>(deps: Pick<ApiDeps<Tx>, "studies">, study: string, trace: Trace): Promise<Located<StudyRow | null>> {
  trace.about(`study/${study}`);
  return { place: { kind: "deployment" }, found: (await deps.studies.all()).find(({ id }) => id === study) ?? null };
}
