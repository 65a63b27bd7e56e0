import { SignOffTrailReviewInput, SignOffTrailReviewOutput } from "@sallyport/contracts";
import { canonicalJson, sha256Hex } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import type { StandingItem } from "@sallyport/policy";
import type { Boundary } from "../../boundary/procedure.ts";
import { assertNotStopped } from "../../boundary/quarantine.ts";
import type { EvidenceItem } from "../../evidence-port.ts";
import type { ApiDeps } from "../../ports.ts";
import { sealReason } from "../../sealed-reason.ts";
import { locateTrailReview, REVIEW, searchScopeOf } from "../../trail-reviews/review-scope.ts";
import { decisionsDigest } from "../../trail-reviews/review-summary.ts";
import { selectionDigest, selectItems } from "../../trail-reviews/select-items.ts";
import { ownSession } from "../me/own-place.ts";
import { assertReviewer } from "./decide-trail-item.ts";

/** Whether the checkpoints cover every item: a generation that was closed before ends in what was signed of it, and the next one begins with that. */
const coverAll = (cited: readonly EvidenceItem[], items: readonly StandingItem[]): boolean =>
  items.every((item) =>
    cited.some(({ chain, generation, size }) => chain === item.chain && (generation > item.generation || (generation === item.generation && size >= item.seq))),
  );

/**
 * Signs a review of the trail off once every item is decided, by its reviewer. The selection is made again first, and has to be the same; what it rests on are
 * checkpoints of every chain that was looked at, made now; none of them is under an incident. Answered with the checkpoint that covers the record of this.
 */
export const signOffTrailReview = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.change(
    {
      ...REVIEW,
      input: SignOffTrailReviewInput,
      output: SignOffTrailReviewOutput,
      evidence: true,
      locate: ({ reviewId }, trace) => locateTrailReview(deps, reviewId, trace),
    },
    {
      prepare: async (crossing) => {
        const { input, grant, session, trace } = crossing;
        ownSession(session);
        const found = await deps.trailReviews.get(grant, input.reviewId);
        assertReviewer(found, grant.person);
        const { row, items } = found;
        if (row.decided < row.items) throw new SallyportError("trailreview.open", { review: row.id });
        const scope = await searchScopeOf(deps, crossing);
        const again = selectionDigest(row, await selectItems(deps, scope, row));
        if (again !== row.digest || selectionDigest(row, items) !== row.digest) throw new SallyportError("trailreview.changed", { review: row.id });
        const chains = (await deps.archive.statuses(scope.grants, scope.chains)).map(({ chain }) => chain);
        assertNotStopped(chains.map((chain) => deps.incidentOf(chain)).find((incident) => incident !== null) ?? null);
        const cited = await deps.evidence.checkpoint(chains);
        if (!coverAll(cited, items)) throw new SallyportError("trail.unavailable");
        const reason = sealReason((await deps.referenceKeys()).change, grant, input.reason);
        trace.note({ commitment: reason.commitment });
        return { reason, cited };
      },
      commit: async (tx, { input: { reviewId }, grant, trace }, { reason, cited }) => {
        const found = await deps.trailReviews.lock(tx, grant, reviewId);
        assertReviewer(found, grant.person);
        const { row, items } = found;
        if (row.decided < row.items) throw new SallyportError("trailreview.open", { review: reviewId });
        if (selectionDigest(row, items) !== row.digest) throw new SallyportError("trailreview.changed", { review: reviewId });
        const digest = decisionsDigest(row.digest, cited, await deps.trailReviews.entriesIn(tx, reviewId));
        const against = canonicalJson(cited.map(({ chain, generation, size, root, anchors }) => ({ chain, generation, size, root, anchors: [...anchors] })));
        await deps.changes.insert(tx, reason);
        await deps.trailReviews.sign(tx, reviewId, { by: grant.person, atMs: deps.now(), digest, cited: against, reason: reason.id });
        const [only] = cited;
        const one = cited.length === 1 && only !== undefined ? { size: only.size, root: only.root } : {};
        trace.note({ items: row.items, findings: row.findings, selection: row.digest, digest, chains: cited.length, ...one, against: sha256Hex(against) });
        return { digest };
      },
    },
  );
