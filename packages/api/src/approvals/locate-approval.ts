import type { Place } from "@sallyport/policy";
import type { Located, Right } from "../boundary/decide-crossing.ts";
import type { Trace } from "../boundary/trace.ts";
import type { Reach } from "../boundary/still-live.ts";
import type { ApiDeps } from "../ports.ts";
import { wholeStudy } from "../submissions/submission-place.ts";
import { locateSites } from "../routers/site-place.ts";
import { actOf, type AnyAct } from "./registry.ts";

/** A request as the decision needs it: where it belongs, who asked, and what its kind asks of others. */
interface Standing<Tx> {
  readonly act: AnyAct<Tx>;
  readonly requestedByPerson: string;
}

/** What a crossing to a request needs beside its own right. */
export type Needs<Tx> = (standing: Standing<Tx>) => { readonly also?: Right & { readonly unless?: string }; readonly whose?: string };

/** Where a request belongs. */
export const placeOfRequest = ({ site }: { readonly site: { readonly study: string; readonly site: string } | null }): Place =>
  site === null ? { kind: "deployment" } : { kind: "one", site };

const NOWHERE: Located<null> = { place: { kind: "one", site: null }, found: null };

/** Finds a request from our own records. One that isn't there has no place, and so ends as one that is somebody else's does. */
export async function locateApproval<Tx>(
  deps: Pick<ApiDeps<Tx>, "approvals" | "studies">,
  acts: Readonly<Record<string, AnyAct<Tx>>>,
  approvalId: string,
  trace: Trace,
  needs: Needs<Tx>,
  own?: { readonly reach: Reach; readonly right: Right },
): Promise<Located<null>> {
  trace.about(approvalId);
  const found = await deps.approvals.placeOf(approvalId);
  const act = found === null ? null : actOf(acts, found.kind);
  if (found === null || act === null) return NOWHERE;
  trace.note({ kind: act.kind });
  if (act.isStudyWide === true && found.site !== null) {
    return { ...(await wholeStudy(deps, found.site.study)), found: null, ...needs({ act, requestedByPerson: found.requestedByPerson }) };
  }
  // Who asked for something of the deployment's need hold nothing over it: it is theirs, and nobody else's who doesn't.
  if (own !== undefined && act.isAskedAnywhere === true && own.reach(own.right, placeOfRequest(found)) === null) {
    return { ...(await locateSites(deps, {})), whose: found.requestedByPerson };
  }
  return { place: placeOfRequest(found), found: null, ...needs({ act, requestedByPerson: found.requestedByPerson }) };
}
