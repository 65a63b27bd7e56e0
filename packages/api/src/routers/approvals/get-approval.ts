import { EffectLine, GetApprovalInput, GetApprovalOutput } from "@sallyport/contracts";
import { readApprovalStatement } from "@sallyport/audit";
import { SallyportError } from "@sallyport/errors";
import type { ApprovalRow } from "@sallyport/policy";
import { z } from "zod";
import { effectDigest, type Line } from "../../approvals/effect.ts";
import { locateApproval } from "../../approvals/locate-approval.ts";
import { actOf, approvalActs } from "../../approvals/registry.ts";
import { approvalSummary } from "../../approvals/summary.ts";
import type { Boundary } from "../../boundary/procedure.ts";
import type { ApiDeps } from "../../ports.ts";
import { openReason } from "../../sealed-reason.ts";

const Lines = z.array(EffectLine);

/** The lines that the statement holds the digest of. Throws `phi.integrity` where what is stored is not what would be signed. */
function linesOf({ statement, effect }: ApprovalRow): Line[] {
  if (readApprovalStatement(statement)?.effectDigest !== effectDigest(effect)) throw new SallyportError("phi.integrity");
  return Lines.parse(JSON.parse(effect));
}

/** One request with its exact effect and its reason: for who asked, and for those who may decide on its kind there. */
export const getApproval = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) => {
  const acts = approvalActs(deps);
  return boundary.read(
    {
      action: "approval.read",
      resource: "approval",
      whenFrozen: "serve",
      input: GetApprovalInput,
      output: GetApprovalOutput,
      locate: ({ approvalId }, trace, reach) =>
        locateApproval(deps, acts, approvalId, trace, ({ act, requestedByPerson }) => ({ also: { ...act.approve, unless: requestedByPerson } }), {
          reach,
          right: { action: "approval.read", resource: "approval" },
        }),
    },
    async ({ input: { approvalId }, grant, may }) => {
      const row = await deps.approvals.get(grant, approvalId);
      const act = row === null ? null : actOf(acts, row.kind);
      const sealed = await deps.approvals.sealedReason(grant, approvalId);
      if (row === null || act === null || sealed === null) throw new SallyportError("policy.denied");
      const summary = approvalSummary(row, act, { person: grant.person, may, nowMs: deps.now() });
      return {
        ...summary,
        reason: openReason((await deps.referenceKeys()).change, grant, sealed),
        effect: linesOf(row),
        statement: row.statement,
        // What the custodian does is carried out by who asked for it, with a passkey over the same text.
        challenge: summary.mayDecide || (CARRIED_OUT.has(row.kind) && summary.isMine && summary.state === "approved") ? await challengeFor(deps, grant.person, row.digest) : null,
      };
    },
  );
};

/** What its requester carries out, by their own passkey. */
const CARRIED_OUT: ReadonlySet<string> = new Set(["incident.release", "trail.archive"]);

/** Assertion options whose challenge is the digest, for the person's own passkeys; null where they have none. */
async function challengeFor<Tx>(deps: ApiDeps<Tx>, person: string, digest: string): Promise<string | null> {
  const passkeys = await deps.people.people.passkeys(person);
  if (passkeys.length === 0) return null;
  return deps.passkeys.assertionOptions(
    Buffer.from(digest, "hex"),
    passkeys.map(({ credentialId }) => credentialId),
  );
}
