import { GetPolicyProposalInput, GetPolicyProposalOutput, ListPolicyProposalsInput, ListPolicyProposalsOutput } from "@sallyport/contracts";
import { type Grant, policyDifference, type PolicyProposalRow } from "@sallyport/policy";
import type { Boundary } from "../../boundary/procedure.ts";
import { impactFile, impactInTurns, impactSummary } from "../../policies/policy-impact.ts";
import { policyOf, refusalOf, testsOf } from "../../policies/policy-check.ts";
import { contentOf, proposalSummary } from "../../policies/policy-summary.ts";
import type { ApiDeps } from "../../ports.ts";
import { aboutProposal, inDeployment } from "./policy-place.ts";
import { requireProposal } from "./propose-policy.ts";
import { allSites } from "../site-place.ts";

const SHOWN_MAX = 200;

/** Where proposals stand: the active and the highest version, names, and whose they are. */
async function onlooking<Tx>(deps: ApiDeps<Tx>, grant: Grant) {
  const versions = await deps.policyVersions.versions();
  const { principals, registered } = deps.policy.current();
  const standing = {
    active: versions.find(({ isActive }) => isActive)?.version ?? 0,
    highest: versions[0]?.version ?? 0,
    names: await deps.names(),
    nowMs: deps.now(),
  };
  const summary = (row: PolicyProposalRow) => proposalSummary(row, { ...standing, isMine: principals.get(row.proposedBy)?.person === grant.person });
  return { versions, standing: { ...standing, principals, registered }, summary };
}

/** What was proposed, newest first. */
export const listPolicyProposals = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read({ action: "role.read", resource: "role", input: ListPolicyProposalsInput, output: ListPolicyProposalsOutput, locate: inDeployment }, async ({ grant, trace }) => {
    const { summary } = await onlooking(deps, grant);
    const rows = await deps.policyVersions.proposals(SHOWN_MAX);
    trace.note({ shown: rows.length });
    return { proposals: rows.map(summary) };
  });

/** One proposal: what it changes, what its tests say, and who gains and loses what by it, from now on or from its date. */
export const getPolicyProposal = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read(
    { action: "role.read", resource: "role", input: GetPolicyProposalInput, output: GetPolicyProposalOutput, locate: aboutProposal },
    async ({ input, grant, trace }) => {
      const row = await requireProposal(deps, input.proposalId);
      const { versions, standing, summary } = await onlooking(deps, grant);
      const base = versions.find(({ version }) => version === row.base);
      if (base === undefined) throw new RangeError("a proposal of no version");
      const [before, after] = [policyOf(base.canonical), policyOf(row.canonical)];
      const sites = await allSites(deps);
      const dueMs = versions.find(({ change }) => change?.proposal === row.id && change.outcome === null)?.change?.effectiveAtMs ?? standing.nowMs;
      const impact = await impactInTurns(before, after, { principals: standing.registered.values(), sites, nowMs: Math.max(dueMs, standing.nowMs) });
      const tests = testsOf(row);
      trace.note({ gained: impact.gained, lost: impact.lost, failed: tests.failed });
      return {
        proposal: summary(row),
        content: contentOf(after.document),
        suite: row.suite,
        difference: [...policyDifference(before.document, after.document)],
        tests: { ...tests, failures: [...tests.failures] },
        impact: impactSummary(impact, standing.names),
        csv: input.format === "csv" ? impactFile(impact, standing.names) : null,
        refused: row.approvalState === "done" ? null : refusalOf(row, { ...standing, principals: standing.principals.values() }),
      };
    },
  );
