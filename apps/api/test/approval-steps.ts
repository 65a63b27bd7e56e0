import type { Reply } from "./door-client.ts";
import type { SignedIn } from "./persons.ts";
import { type Api, dataOf } from "./stack.ts";
import { proofOver } from "./step-up-ports.ts";

/** What a decision on a request has to name. */
export interface Asked {
  readonly approvalId: string;
  readonly digest: string;
}
/** A request as it stands. */
export interface Summary extends Asked {
  readonly state: string;
  readonly mayDecide: boolean;
  readonly whyNot: string | null;
  readonly about: string;
  readonly votes: readonly { readonly proof: string | null; readonly verdict: string; readonly printedName: string }[];
}
/** A request as it is shown to whoever may decide it. */
export interface Shown extends Summary {
  readonly effect: readonly { readonly what: string; readonly before: string | null; readonly after: string | null }[];
  readonly reason: string;
  readonly statement: string;
  readonly challenge: string | null;
}

/** Asks for an approval by `approvals.<procedure>`; throws where that is refused. */
export const asked = async (api: Api, who: SignedIn, procedure: string, input: { readonly reason: string } & object): Promise<Summary> =>
  (dataOf(await who.call(api, `approvals.${procedure}`, input)) as { approval: Summary }).approval;

/** A request with its effect; throws where that is refused. */
export const shown = async (api: Api, who: SignedIn, approvalId: string): Promise<Shown> => dataOf(await who.call(api, "approvals.get", { approvalId })) as Shown;

/** Decides a request: approves it with a proof over its digest, as `provenByDigest` takes one, or with another one, or rejects it. */
export const decided = (
  api: Api,
  who: SignedIn,
  { approvalId, digest }: Asked,
  reason: string,
  { verdict = "approve", proof = proofOver(digest, who.person), key }: { readonly verdict?: "approve" | "reject"; readonly proof?: object; readonly key?: string | undefined } = {},
): Promise<Reply> => who.call(api, "approvals.decide", { approvalId, digest, verdict, reason, proof: verdict === "approve" ? proof : null }, key);
