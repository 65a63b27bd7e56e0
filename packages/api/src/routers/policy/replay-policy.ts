import { ReplayPolicyInput, ReplayPolicyOutput } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import { type CrossingRow } from "@sallyport/policy";
import type { Boundary } from "../../boundary/procedure.ts";
import { trailScopeOf } from "../../crossings/crossing-scope.ts";
import { summaryOf } from "../../crossings/crossing-summary.ts";
import { decidedAgain } from "../../policies/recorded-crossing.ts";
import { endOf } from "../../emergencies/emergency-summary.ts";
import { policyOf } from "../../policies/policy-check.ts";
import type { ApiDeps } from "../../ports.ts";
import { aboutProposal } from "./policy-place.ts";
import { requireProposal } from "./propose-policy.ts";
import { allSites } from "../site-place.ts";

const EMERGENCIES_MAX = 10_000;

/** Denials that the policy gave; what else ends a crossing, it has no part in. */
const isDecided = ({ decision, reason }: CrossingRow): boolean => decision === "allow" || (decision === "deny" && reason.startsWith("policy.denied"));

/** The last crossings that the caller may see, decided again: what a proposal would have decided otherwise than the policy that it was made from. */
export const replayPolicy = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read({ action: "role.read", resource: "role", input: ReplayPolicyInput, output: ReplayPolicyOutput, locate: aboutProposal }, async (crossing) => {
    const { input, trace } = crossing;
    const proposal = await requireProposal(deps, input.proposalId);
    const base = await deps.policyVersions.version(proposal.base);
    const scope = await trailScopeOf(deps, crossing);
    if (base === null || scope === null) throw new SallyportError("policy.denied");
    const policies = [policyOf(base.canonical), policyOf(proposal.canonical)] as const;
    const sites = await allSites(deps);
    // As registered: a lock or a closed site of today stood in nobody's way then.
    const { registered } = deps.policy.current();
    const emergencies = (await deps.emergencies.at(sites, EMERGENCIES_MAX)).map((row) => ({ ...row, untilMs: endOf(row) }));
    const names = await deps.names();
    const rows = (await deps.search.page(scope, { outcome: ["allow", "deny"] }, { after: null, limit: input.limit })).filter(isDecided);
    const decided = rows.map((row) => ({ row, again: decidedAgain(policies, registered.get(row.principal), row, { sites, emergencies }) }));
    const otherwise = decided.flatMap(({ row, again }) => (again === null || again.before === again.after ? [] : [{ crossing: summaryOf(row, names), ...again }]));
    const undecided = decided.filter(({ again }) => again === null).length;
    trace.note({ looked: rows.length, otherwise: otherwise.length, undecided });
    return { looked: rows.length, undecided, otherwise };
  });
