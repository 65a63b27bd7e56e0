import { DecideReviewLineInput, DecideReviewLineOutput } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import type { ApprovalRow, Assignee, StandingLine } from "@sallyport/policy";
import { approvalActs } from "../../approvals/registry.ts";
import { endable, isAdministrators, mayEnd } from "../../assignments/ending.ts";
import type { Boundary } from "../../boundary/procedure.ts";
import type { ApiDeps } from "../../ports.ts";
import { whyNotDecide } from "../../reviews/review-summary.ts";
import { sealReason } from "../../sealed-reason.ts";
import { locateReview } from "./review-place.ts";

/**
 * Keeps or ends what one line of a review is about, by somebody else than its holder. Ending is carried out in the same commit, as `assignments.end` does;
 * what makes an administrator is ended by the approval that is named: `approval.required` without one.
 */
export const decideReviewLine = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) => {
  const endings = approvalActs(deps)["role.end"];
  /** Whether this request is about ending exactly this, and may still come to it. */
  const ends = (row: ApprovalRow | null, { principal, role, study, site, fromMs }: StandingLine): boolean => {
    if (row?.kind !== endings.kind || !["requested", "done"].includes(row.state)) return false;
    const asked = endings.payloadOf(row) as Readonly<Record<string, string>>;
    return asked["principal"] === principal && asked["role"] === role && asked["study"] === study && asked["site"] === site && Date.parse(asked["from"] ?? "") === fromMs;
  };
  /** Ends it, or finds that it is ended, or that a request to end it is under way. */
  const end = async (tx: Tx, by: string, assignee: Assignee, line: StandingLine, approval: ApprovalRow | null): Promise<string> => {
    const standing = endable(assignee, line, deps.now());
    if (standing === null) return "over";
    if (!mayEnd(deps, by, line.role)) throw new SallyportError("policy.denied");
    if (isAdministrators(assignee, standing, deps.now())) {
      if (!ends(approval, line)) throw new SallyportError("approval.required");
      return "asked";
    }
    if (!(await deps.assignments.end(tx, line.principal, line, deps.now()))) throw new SallyportError("assignment.state");
    return "ended";
  };
  return boundary.change(
    {
      action: "access.review",
      resource: "access",
      input: DecideReviewLineInput,
      output: DecideReviewLineOutput,
      locate: ({ reviewId }, trace) => locateReview(deps, reviewId, trace),
    },
    {
      prepare: async ({ input, grant, reach, session, trace }) => {
        if (session === null) throw new SallyportError("policy.denied");
        const reading = input.approvalId === undefined ? null : reach({ action: "approval.read", resource: "approval" }, { kind: "deployment" });
        const approval = reading === null || input.approvalId === undefined ? null : await deps.approvals.get(reading, input.approvalId);
        const reason = sealReason((await deps.referenceKeys()).change, grant, input.reason);
        trace.note({ line: input.line, verdict: input.verdict, commitment: reason.commitment });
        return { approval, reason };
      },
      commit: async (tx, { input, grant, trace }, { approval, reason }) => {
        const found = await deps.accessReviews.lock(tx, input.reviewId);
        const line = found?.lines.find((each) => each.line === input.line);
        if (found === null || line === undefined) throw new SallyportError("policy.denied");
        const whyNot = whyNotDecide(found.row, line, { person: grant.person, mayDecide: true });
        if (whyNot !== null) throw new SallyportError(whyNot === "own" ? "policy.separation" : "review.signed");
        const assignee = await deps.assignments.lock(tx, line.principal);
        if (assignee === null) throw new SallyportError("policy.denied");
        // What has ended meanwhile can't be kept: the reviewer looks again.
        if (input.verdict === "keep" && endable(assignee, line, deps.now()) === null) throw new SallyportError("assignment.state");
        const outcome = input.verdict === "end" ? await end(tx, grant.principal, assignee, line, approval) : "kept";
        await deps.changes.insert(tx, reason);
        const asked = outcome === "asked" ? (input.approvalId ?? null) : null;
        await deps.accessReviews.decide(tx, input.reviewId, input.line, {
          verdict: input.verdict,
          by: grant.person,
          principal: grant.principal,
          reason: reason.id,
          approval: asked,
          atMs: deps.now(),
        });
        const { principal, role, study, site, fromMs } = line;
        trace.note({ principal, role, at: `${study}/${site}`, from: new Date(fromMs).toISOString(), outcome, ...(asked !== null && { approval: asked }) });
        return { done: true as const };
      },
    },
  );
};
