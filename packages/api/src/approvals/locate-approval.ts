import type { Place } from "@sallyport/policy";
import type { Located, Right } from "../boundary/decide-crossing.ts";
import type { Trace } from "../boundary/trace.ts";
import type { ApiDeps } from "../ports.ts";
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
  deps: Pick<ApiDeps<Tx>, "approvals">,
  acts: Readonly<Record<string, AnyAct<Tx>>>,
  approvalId: string,
  trace: Trace,
  needs: Needs<Tx>,
): Promise<Located<null>> {
  trace.about(approvalId);
  const found = await deps.approvals.placeOf(approvalId);
  const act = found === null ? null : actOf(acts, found.kind);
  if (found === null || act === null) return NOWHERE;
  trace.note({ kind: act.kind });
  return { place: placeOfRequest(found), found: null, ...needs({ act, requestedByPerson: found.requestedByPerson }) };
}
