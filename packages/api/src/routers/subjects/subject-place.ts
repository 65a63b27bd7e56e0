import type { Trace } from "../../boundary/trace.ts";
import type { Located } from "../../boundary/decide-crossing.ts";
import { referenceOf, type SubjectRow } from "@sallyport/phi";
import type { KeyPlace } from "../../keys/key-desk.ts";
import type { ApiDeps } from "../../ports.ts";

/** Where a subject belongs, from our own records. An id that isn't there has no site, and so ends as a foreign one does. */
export async function locateSubject<Tx>(deps: ApiDeps<Tx>, subjectId: string, trace: Trace): Promise<Located<{ readonly reference: string }>> {
  const { reference: key } = await deps.referenceKeys();
  const reference = referenceOf(key.key, subjectId);
  trace.about(reference);
  return { place: { kind: "one", site: await deps.subjects.siteOf(subjectId) }, subject: subjectId, found: { reference } };
}

/** The place of a subject's data key. */
export const subjectKeyPlace = ({ id, study, site, keyVersion = 1 }: Pick<SubjectRow, "id" | "study" | "site"> & Partial<Pick<SubjectRow, "keyVersion">>): KeyPlace => ({
  purpose: "subject",
  id,
  study,
  site,
  version: keyVersion,
});
