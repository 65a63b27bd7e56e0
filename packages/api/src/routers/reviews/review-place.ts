import type { AccessReviewRow } from "@sallyport/policy";
import type { Located } from "../../boundary/decide-crossing.ts";
import type { Trace } from "../../boundary/trace.ts";
import type { ApiDeps } from "../../ports.ts";

/** Who holds what is the whole deployment's. A review that isn't there is found out after the decision. */
export async function locateReview<Tx>(deps: Pick<ApiDeps<Tx>, "accessReviews">, reviewId: string, trace: Trace): Promise<Located<AccessReviewRow | null>> {
  trace.about(`review/${reviewId}`);
  return { place: { kind: "deployment" }, found: await deps.accessReviews.byId(reviewId) };
}
