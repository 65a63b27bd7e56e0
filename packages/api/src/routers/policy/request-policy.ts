import { RequestPolicyChangeInput, RequestPolicyRevertInput } from "@sallyport/contracts";
import { newId } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import { canonicalPolicy, compilePolicy, type PolicyVersionRow } from "@sallyport/policy";
import { type AnyAct } from "../../approvals/registry.ts";
import { requestAct } from "../../approvals/request-act.ts";
import type { Boundary } from "../../boundary/procedure.ts";
import { payloadOf, type PolicyChangePayload } from "../../policies/policy-change-act.ts";
import { suiteFor } from "../../policies/policy-summary.ts";
import { policyOf } from "../../policies/policy-check.ts";
import type { ApiDeps } from "../../ports.ts";
import { aboutProposal, inDeployment } from "./policy-place.ts";
import { requireProposal } from "./propose-policy.ts";

const reasonOf = ({ reason }: { readonly reason: string }): string => reason;

/** The two ways in which a policy is put to approval: one that was proposed, and one that was in effect before. */
export function requestPolicyProcedures<Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>, act: AnyAct<Tx>) {
  const store = deps.policyVersions;
  const linked = async (tx: Tx, payload: unknown, approval: string): Promise<void> => store.asked(tx, (payload as PolicyChangePayload).proposalId, approval);
  /** An earlier version's document and tests, as a version to come. */
  const revertOf = (row: PolicyVersionRow, version: number) => {
    const earlier = policyOf(row.canonical);
    const policy = compilePolicy({ ...earlier.document, version });
    return { digest: policy.digest, canonical: canonicalPolicy(policy.document), suite: suiteFor(row, earlier) };
  };
  const versionRow = async (version: number): Promise<PolicyVersionRow> => {
    const row = await store.version(version);
    if (row === null) throw new SallyportError("policy.denied");
    return row;
  };
  /** The active version's label, and the next version's number; both are held against what is locked when the effect is made. */
  const next = () =>
    deps.read(async (tx) => {
      const active = await store.lockActive(tx);
      return { base: policyOf(active.canonical).label, version: (await store.highest(tx)) + 1 };
    });

  return {
    requestPolicyChange: requestAct(boundary, deps, act, {
      input: RequestPolicyChangeInput,
      locate: aboutProposal,
      reason: reasonOf,
      check: async ({ input, grant }) => {
        const proposal = await requireProposal(deps, input.proposalId);
        if (proposal.digest !== input.digest) throw new SallyportError("approval.changed");
        // Who made it asks for it: so who approves is never who made it.
        if (deps.policy.current().principals.get(proposal.proposedBy)?.person !== grant.person) throw new SallyportError("policy.separation");
        if (proposal.approvalState === "requested" && (proposal.approvalExpiresAtMs ?? 0) > deps.now()) throw new SallyportError("approval.state");
        if (input.effectiveAt !== null && Date.parse(input.effectiveAt) <= deps.now()) throw new SallyportError("input.invalid", { where: ["effectiveAt: not in the future"] });
      },
      payload: async ({ proposalId, effectiveAt }) => {
        const proposal = await requireProposal(deps, proposalId);
        const { base } = await next();
        return payloadOf(proposal, { version: policyOf(proposal.canonical).document.version, base, effectiveAt, reverts: null });
      },
      after: linked,
    }),
    requestPolicyRevert: requestAct(boundary, deps, act, {
      input: RequestPolicyRevertInput,
      locate: inDeployment,
      reason: reasonOf,
      payload: async ({ version }) => {
        const { base, version: to } = await next();
        return payloadOf({ id: newId("pol"), ...revertOf(await versionRow(version), to) }, { version: to, base, effectiveAt: null, reverts: version });
      },
      keep: async (tx, _input, payload, asker) => {
        const { proposalId, version, reverts, base } = payload as PolicyChangePayload;
        await store.propose(tx, {
          id: proposalId,
          ...revertOf(await versionRow(Number(reverts)), Number(version)),
          // As it was when this was asked; the effect is held against what is locked.
          base: Number(base.slice(1).split(":")[0]),
          proposedBy: asker.principal,
          proposedAtMs: deps.now(),
        });
      },
      after: linked,
    }),
  };
}
