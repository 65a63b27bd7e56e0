import { Hex64, IsoTime, PolicyProposalId } from "@sallyport/contracts";
import { sha256Hex } from "@sallyport/crypto";
import { type CompiledPolicy, policyDifference, type PolicyProposalRow } from "@sallyport/policy";
import { z } from "zod";
import type { ApprovalAct } from "../approvals/act.ts";
import type { Effect } from "../approvals/effect.ts";
import { ADMINISTRATOR_ROLE, ADMINISTRATORS_MIN } from "../people/administrators.ts";
import type { ApiDeps } from "../ports.ts";
import { policyOf, refusalOf } from "./policy-check.ts";

const DAY_MS = 24 * 3_600_000;
const ABOUT_MAX = 200;
const NONE = "-";

/** `digest` is the document's, which the custodian signs; `suite` the SHA-256 of its tests; `effectiveAt` a time, or `-` for at once; `reverts` a version, or `-`. */
const Changed = z.strictObject({
  proposalId: PolicyProposalId,
  digest: Hex64,
  version: z.string().regex(/^[1-9]\d{0,8}$/),
  base: z.string().regex(/^v\d+:[0-9a-f]{16}$/),
  suite: Hex64,
  effectiveAt: z.union([z.literal(NONE), IsoTime]),
  reverts: z.union([z.literal(NONE), z.string().regex(/^[1-9]\d{0,8}$/)]),
});
export type PolicyChangePayload = z.output<typeof Changed>;

/** A proposal as a statement names it. */
export const payloadOf = (
  proposal: Pick<PolicyProposalRow, "id" | "digest" | "suite">,
  { version, base, effectiveAt, reverts }: { readonly version: number; readonly base: string; readonly effectiveAt: string | null; readonly reverts: number | null },
): PolicyChangePayload => ({
  proposalId: proposal.id,
  digest: proposal.digest,
  version: String(version),
  base,
  suite: sha256Hex(proposal.suite),
  effectiveAt: effectiveAt ?? NONE,
  reverts: reverts === null ? NONE : String(reverts),
});

/** Another policy than the active one, exactly as it was proposed, tested and signed by the custodian upon this very approval. */
export const policyChangeAct = <Tx>(deps: ApiDeps<Tx>): ApprovalAct<Tx, PolicyChangePayload> => ({
  kind: "policy.change",
  ask: { action: "role.change", resource: "role" },
  // Whoever approves has to be one who could have asked.
  approve: { action: "role.change", resource: "role" },
  needed: 1,
  openForMs: 7 * DAY_MS,
  usableForMs: null,
  onlyBy: "proven_passkey",
  payload: Changed,
  concerns: () => null,
  async effect(tx, _grant, payload) {
    const nowMs = deps.now();
    // Administrators before the policy, always: so acts on people and on the policy wait for each other in one order.
    const administrators = await deps.people.people.lockHolders(tx, ADMINISTRATOR_ROLE, nowMs);
    const active = await deps.policyVersions.lockActive(tx);
    const proposal = await deps.policyVersions.proposalIn(tx, payload.proposalId);
    if (proposal === null || proposal.digest !== payload.digest) return { about: "-", lines: [], refused: "policy.denied" };
    const { principals } = deps.policy.current();
    const standing = { active: active.version, highest: await deps.policyVersions.highest(tx), principals: principals.values(), nowMs };
    const refused = refusalOf(proposal, standing) ?? (administrators.length < ADMINISTRATORS_MIN ? "people.floor" : null);
    return { ...effectOf(policyOf(active.canonical), policyOf(proposal.canonical), payload), refused };
  },
  async perform(tx, { proposalId, digest, effectiveAt }, { id, statement }) {
    const proposal = await deps.policyVersions.proposalIn(tx, proposalId);
    const active = policyOf((await deps.policyVersions.lockActive(tx)).canonical);
    if (proposal?.digest !== digest) throw new RangeError("the effect was of another proposal");
    const nowMs = deps.now();
    const effectiveAtMs = effectiveAt === NONE ? nowMs : Date.parse(effectiveAt);
    const isNow = effectiveAtMs <= nowMs;
    // Before the commit: where the custodian doesn't sign, nothing is done at all; asked again, it answers the same note.
    const note = await deps.signDocument("policy", proposal.canonical, statement);
    const after = policyOf(proposal.canonical);
    const { version } = after.document;
    await deps.policyVersions.store(
      tx,
      { version, canonical: proposal.canonical, note },
      { version, base: proposal.base, proposal: proposalId, approval: id, effectiveAtMs, settledAtMs: isNow ? nowMs : null, outcome: isNow ? "effective" : null },
    );
    return { before: active.label, beforeDigest: active.digest, after: after.label, afterDigest: after.digest, effective: isNow ? "now" : effectiveAt };
  },
});

/** The exact change, line by line. The lines rest on the two documents alone, so that they don't move by themselves while a request is open. */
function effectOf(before: CompiledPolicy, after: CompiledPolicy, { effectiveAt, suite, reverts }: PolicyChangePayload): Omit<Effect, "refused"> {
  const { version, title } = after.document;
  return {
    about: `policy version ${version}: ${title}`.slice(0, ABOUT_MAX),
    lines: [
      { what: "active policy", before: before.label, after: after.label },
      { what: "in effect", before: null, after: effectiveAt === NONE ? "at once" : `at ${effectiveAt}, if the policy is still this one by then` },
      ...(reverts === NONE ? [] : [{ what: "taken from", before: null, after: `version ${reverts}` }]),
      { what: "tests", before: null, after: `all pass (${suite.slice(0, 16)})` },
      ...policyDifference(before.document, after.document).map(({ what, before: was, after: will }) => ({ what, before: was, after: will })),
    ],
  };
}
