import { ExportReviewInput, ExportReviewOutput, GetReviewInput, GetReviewOutput, ListReviewsInput, ListReviewsOutput } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import type { Boundary, Crossing } from "../../boundary/procedure.ts";
import { csvLine } from "../../crossings/csv-cell.ts";
import { printedNames } from "../../emergencies/emergency-summary.ts";
import type { ApiDeps } from "../../ports.ts";
import { type Asking, openLines, reviewLine, reviewSummary, tallyOf } from "../../reviews/review-summary.ts";
import { openReason } from "../../sealed-reason.ts";
import { locateReview } from "./review-place.ts";

const SHOWN = 100;
const READ = { action: "role.read", resource: "role" } as const;
const COLUMNS = ["line", "who", "principal", "role", "study", "site", "from", "until", "verdict", "decided by", "decided at", "approval", "since then", "result digest"];

async function askingOf<Tx>(deps: ApiDeps<Tx>, { grant, may, session }: Pick<Crossing<unknown, unknown>, "grant" | "may" | "session">): Promise<Asking> {
  const mayDecide = session !== null && may({ action: "access.review", resource: "access" }, { kind: "deployment" });
  return { person: grant.person, mayDecide, nowMs: deps.now(), nameOf: await printedNames(deps) };
}

/** Reviews of access with how far they are. */
export const listReviews = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read(
    { ...READ, input: ListReviewsInput, output: ListReviewsOutput, locate: () => Promise.resolve({ place: { kind: "deployment" }, found: null }) },
    async (crossing) => {
      const [rows, asking] = await Promise.all([deps.accessReviews.list(SHOWN), askingOf(deps, crossing)]);
      const tallies = await deps.accessReviews.tallies(
        rows.map(({ id }) => id),
        crossing.grant.person,
      );
      crossing.trace.note({ shown: rows.length });
      return { reviews: rows.map((row) => reviewSummary(row, tallies.get(row.id) ?? tallyOf([], crossing.grant.person), asking)) };
    },
  );

/** One review with every line: as it was when it was opened, what has become of it since, and what was decided. */
export const getReview = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read({ ...READ, input: GetReviewInput, output: GetReviewOutput, locate: ({ reviewId }, trace) => locateReview(deps, reviewId, trace) }, async (crossing) => {
    const { found: row, grant, trace } = crossing;
    if (row === null) throw new SallyportError("policy.denied");
    const [lines, asking, sealed, { change }] = await Promise.all([
      deps.accessReviews.lines(row.id),
      askingOf(deps, crossing),
      deps.accessReviews.sealedReason(grant, row.id),
      deps.referenceKeys(),
    ]);
    const { document } = deps.policy.current().compiled;
    trace.note({ shown: lines.length });
    return {
      review: reviewSummary(row, tallyOf(lines, grant.person), asking),
      reason: sealed === null ? "" : openReason(change, grant, sealed),
      items: lines.map((line) => reviewLine(row, line, document, asking)),
      maySignOff: asking.mayDecide && row.signed === null && openLines(lines, asking.nowMs).length === 0,
    };
  });

/** A review that is signed off, as a file. */
export const exportReview = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read({ ...READ, input: ExportReviewInput, output: ExportReviewOutput, locate: ({ reviewId }, trace) => locateReview(deps, reviewId, trace) }, async (crossing) => {
    const { found: row, trace } = crossing;
    if (row === null) throw new SallyportError("policy.denied");
    if (row.signed === null) throw new SallyportError("review.open", { review: row.id });
    const { digest } = row.signed;
    const [lines, asking] = await Promise.all([deps.accessReviews.lines(row.id), askingOf(deps, crossing)]);
    const { document } = deps.policy.current().compiled;
    const rows = lines.map((each) => {
      const { line, label, principal, role, study, site, from, until, decision, since } = reviewLine(row, each, document, asking);
      return [
        line,
        label,
        principal,
        role,
        study,
        site,
        from,
        until ?? "-",
        decision?.verdict ?? "-",
        decision?.by ?? "-",
        decision?.at ?? "-",
        decision?.approvalId ?? "-",
        since ?? "-",
        digest,
      ];
    });
    trace.note({ shown: rows.length, digest });
    return { csv: [COLUMNS, ...rows].map((cells) => `${csvLine(cells)}\r\n`).join(""), digest };
  });
