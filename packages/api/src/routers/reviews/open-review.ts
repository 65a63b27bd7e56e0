import { OpenReviewInput, OpenReviewOutput } from "@sallyport/contracts";
import { newId } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import { refusedPlace } from "../../assignments/refused.ts";
import type { Boundary } from "../../boundary/procedure.ts";
import { printedNames } from "../../emergencies/emergency-summary.ts";
import type { ApiDeps } from "../../ports.ts";
import { linesDigest } from "../../reviews/review-digest.ts";
import { reviewSummary, tallyOf } from "../../reviews/review-summary.ts";
import { sealReason } from "../../sealed-reason.ts";
import { ownSession } from "../me/own-place.ts";

const LINES_MAX = 5000;
const DAY_MS = 24 * 3_600_000;

/** Opens a review: what is held within its scope at this moment, as lines that each somebody else decides on. */
export const openReview = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.change(
    {
      action: "access.review",
      resource: "access",
      input: OpenReviewInput,
      output: OpenReviewOutput,
      locate: () => Promise.resolve({ place: { kind: "deployment" }, found: null }),
    },
    {
      prepare: async ({ input: { study, site, role, due, reason: why }, grant, session, trace }) => {
        ownSession(session);
        const [nowMs, dueAtMs] = [deps.now(), Date.parse(due)];
        if (dueAtMs <= nowMs || dueAtMs > nowMs + 366 * DAY_MS) throw new SallyportError("input.invalid", { where: ["due: over, or more than a year from now"] });
        if ((await refusedPlace(deps, study, site)) !== null) throw new SallyportError("input.invalid", { where: ["study, site"] });
        if (role !== "*" && !deps.policy.current().compiled.knowsRole(role)) throw new SallyportError("input.invalid", { where: ["role"] });
        const reason = sealReason((await deps.referenceKeys()).change, grant, why);
        const row = { id: newId("arv"), study, site, role, openedBy: grant.person, reason: reason.id, openedAtMs: nowMs, dueAtMs };
        trace.about(`review/${row.id}`);
        trace.note({ of: `${study}/${site}`, role, due, commitment: reason.commitment });
        return { row, reason, nameOf: await printedNames(deps) };
      },
      commit: async (tx, { grant, trace }, { row, reason, nameOf }) => {
        const lines = await deps.accessReviews.held(tx, row, row.openedAtMs);
        if (lines.length === 0 || lines.length > LINES_MAX)
          throw new SallyportError("input.invalid", { where: [lines.length === 0 ? "nobody holds anything there" : "more than five thousand"] });
        const whole = { ...row, digest: linesDigest(row, lines), signed: null };
        await deps.changes.insert(tx, reason);
        await deps.accessReviews.open(tx, whole, lines);
        trace.note({ lines: lines.length, digest: whole.digest });
        const standing = lines.map((line) => ({ ...line, nowUntilMs: line.untilMs, decision: null }));
        return { review: reviewSummary(whole, tallyOf(standing, grant.person), { person: grant.person, mayDecide: true, nowMs: row.openedAtMs, nameOf }) };
      },
    },
  );
