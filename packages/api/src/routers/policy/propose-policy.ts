import { ProposePolicyInput, ProposePolicyOutput } from "@sallyport/contracts";
import { newId } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import { canonicalPolicy, compilePolicy, policyDifference, type CompiledPolicy, type PolicyProposalRow, type PolicyVersionRow } from "@sallyport/policy";
import type { Boundary } from "../../boundary/procedure.ts";
import { policyOf, testsOf } from "../../policies/policy-check.ts";
import { proposalSummary } from "../../policies/policy-summary.ts";
import type { ApiDeps } from "../../ports.ts";
import { inDeployment } from "./policy-place.ts";

/**
 * Stores a policy with its tests as a proposal, immutable by its digest. Nothing is in effect by that: it is put to approval by an act of its own. Tests
 * that fail are answered, since they are what somebody who edits has to see.
 */
export const proposePolicy = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.change(
    { action: "role.change", resource: "role", input: ProposePolicyInput, output: ProposePolicyOutput, locate: inDeployment },
    {
      prepare: async ({ input }) => {
        // What can't be compiled, or whose tests can't be read, is refused before anything is stored; the version is given where it is.
        testsOf({ canonical: canonicalPolicy(compilePolicy({ ...input.content, version: 1 }).document), suite: input.suite });
        return { names: await deps.names(), formerRoles: rolesOf(await deps.policyVersions.versions()) };
      },
      commit: async (tx, { input, grant, trace }, { names, formerRoles }) => {
        const active = await deps.policyVersions.lockActive(tx);
        refuseFormerRoles(input.content.roles, formerRoles, policyOf(active.canonical));
        const highest = await deps.policyVersions.highest(tx);
        const policy = compilePolicy({ ...input.content, version: highest + 1 });
        const nowMs = deps.now();
        const row = {
          id: newId("pol"),
          digest: policy.digest,
          canonical: canonicalPolicy(policy.document),
          suite: input.suite,
          base: active.version,
          proposedBy: grant.principal,
          proposedAtMs: nowMs,
        };
        await deps.policyVersions.propose(tx, row);
        const tests = testsOf(row);
        trace.about(row.id);
        trace.note({ base: active.version, version: policy.label, digest: policy.digest, failed: tests.failed });
        return {
          proposal: proposalSummary(unasked(row), { active: active.version, highest, names, nowMs, isMine: true }),
          difference: [...policyDifference(policyOf(active.canonical).document, policy.document)],
          tests: { ...tests, failures: [...tests.failures] },
        };
      },
    },
  );

/** The names of all roles that were ever in force. */
const rolesOf = (versions: readonly PolicyVersionRow[]): ReadonlySet<string> =>
  new Set(
    versions.filter(({ change }) => change === null || change.outcome === "effective").flatMap(({ canonical }) => policyOf(canonical).document.roles.map(({ name }) => name)),
  );

/**
 * Refuses the name of a role that there was before and isn't any more: what was assigned under it may never have ended, and would be in force again with
 * other rights. The role itself comes back with its version. @throws SallyportError `policy.invalid`.
 */
function refuseFormerRoles(roles: readonly { readonly name: string }[], former: ReadonlySet<string>, active: CompiledPolicy): void {
  const where = roles.flatMap(({ name }, n) =>
    former.has(name) && !active.knowsRole(name)
      ? [`roles[${n}].name: ${name} was another role before, and may still be assigned; take another name, or go back to the version that had it`]
      : [],
  );
  if (where.length > 0) throw new SallyportError("policy.invalid", { where });
}

const unasked = (row: Omit<PolicyProposalRow, "approval" | "approvalState" | "approvalExpiresAtMs">): PolicyProposalRow => ({
  ...row,
  approval: null,
  approvalState: null,
  approvalExpiresAtMs: null,
});

/** The proposal of a procedure's input, or a denial: none is told from somebody else's. */
export async function requireProposal<Tx>(deps: Pick<ApiDeps<Tx>, "policyVersions">, id: string): Promise<PolicyProposalRow> {
  const proposal = await deps.policyVersions.proposal(id);
  if (proposal === null) throw new SallyportError("policy.denied");
  return proposal;
}
