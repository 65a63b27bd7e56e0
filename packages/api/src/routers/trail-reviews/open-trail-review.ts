import { OpenTrailReviewInput, OpenTrailReviewOutput } from "@sallyport/contracts";
import { newId } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import { TRAIL_RISKS } from "@sallyport/policy";
import type { Boundary } from "../../boundary/procedure.ts";
import { printedNames } from "../../emergencies/emergency-summary.ts";
import type { ApiDeps } from "../../ports.ts";
import { sealReason } from "../../sealed-reason.ts";
import { placeOfScope, REVIEW, searchScopeOf, sitesOfScope } from "../../trail-reviews/review-scope.ts";
import { trailReviewSummary } from "../../trail-reviews/review-summary.ts";
import { selectionDigest, selectItems } from "../../trail-reviews/select-items.ts";
import { ownSession } from "../me/own-place.ts";

const DAY_MS = 24 * 3_600_000;
/** A record that came in while its crossing went on has an earlier time than its place; none takes longer. */
const SETTLED_MS = 10_000;

function assertTimes(fromMs: number, untilMs: number, dueAtMs: number, nowMs: number): void {
  const where: string[] = [];
  if (fromMs >= untilMs || untilMs > fromMs + 366 * DAY_MS) where.push("from, until: no period, or more than a year");
  if (untilMs > nowMs - SETTLED_MS) where.push("until: not over yet");
  if (dueAtMs <= nowMs || dueAtMs > nowMs + 366 * DAY_MS) where.push("due: over, or more than a year from now");
  if (where.length > 0) throw new SallyportError("input.invalid", { where });
}

/** Opens a review of the trail: what its rules find in a period that is over, as items that somebody else decides on. */
export const openTrailReview = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.change(
    {
      ...REVIEW,
      input: OpenTrailReviewInput,
      output: OpenTrailReviewOutput,
      locate: async ({ study, site }) => {
        const sites = await sitesOfScope(deps, { study, site });
        return { place: sites === null ? { kind: "one", site: null } : placeOfScope({ study, sites }), found: sites ?? [] };
      },
    },
    {
      prepare: async (crossing) => {
        const { input, grant, session, trace, found: sites } = crossing;
        ownSession(session);
        const { study, site, from, until, due, workingHours } = input;
        const [nowMs, fromMs, untilMs, dueAtMs] = [deps.now(), Date.parse(from), Date.parse(until), Date.parse(due)];
        assertTimes(fromMs, untilMs, dueAtMs, nowMs);
        const risks = TRAIL_RISKS.filter((risk) => input.risks.includes(risk));
        const selection = { study, site, fromMs, untilMs, risks, workFrom: workingHours.from, workUntil: workingHours.until };
        const items = await selectItems(deps, await searchScopeOf(deps, crossing), selection);
        const digest = selectionDigest(selection, items);
        const reason = sealReason((await deps.referenceKeys()).change, grant, input.reason);
        const row = { ...selection, id: newId("atr"), sites, openedBy: grant.person, openedAtMs: nowMs, dueAtMs, reason: reason.id, items: items.length, digest };
        trace.about(`trail-review/${row.id}`);
        trace.note({ of: `${study}/${site}`, from, until, risks: risks.join(","), hours: `${row.workFrom}-${row.workUntil}`, due, items: items.length, digest });
        trace.note({ commitment: reason.commitment });
        return { row, items, reason, nameOf: await printedNames(deps) };
      },
      commit: async (tx, { grant }, { row, items, reason, nameOf }) => {
        await deps.changes.insert(tx, reason);
        await deps.trailReviews.open(tx, grant, row, items);
        const review = trailReviewSummary({ ...row, decided: 0, findings: 0, reviewer: null, signed: null }, { person: grant.person, nowMs: row.openedAtMs, nameOf });
        return { review };
      },
    },
  );
