import type { Boundary } from "../../boundary/procedure.ts";
import type { ApiDeps } from "../../ports.ts";
import { explainPolicy } from "./explain-policy.ts";
import { getPolicyProposal, listPolicyProposals } from "./policy-proposals.ts";
import { currentPolicy, getPolicyVersion, listPolicyVersions } from "./policy-versions.ts";
import { proposePolicy } from "./propose-policy.ts";
import { replayPolicy } from "./replay-policy.ts";
import { whatCanBeDone, whoCanDo } from "./who-can.ts";

/** Roles as data: what they are, what would change, and who can do what. */
export const policyProcedures = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) => ({
  current: currentPolicy(boundary, deps),
  versions: listPolicyVersions(boundary, deps),
  version: getPolicyVersion(boundary, deps),
  propose: proposePolicy(boundary, deps),
  proposals: listPolicyProposals(boundary, deps),
  proposal: getPolicyProposal(boundary, deps),
  replay: replayPolicy(boundary, deps),
  explain: explainPolicy(boundary, deps),
  whoCan: whoCanDo(boundary, deps),
  whatCan: whatCanBeDone(boundary, deps),
});
