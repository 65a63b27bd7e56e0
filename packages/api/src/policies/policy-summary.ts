import type { PolicyContent, PolicyProposalSummary, PolicyVersion } from "@sallyport/contracts";
import {
  type CompiledPolicy,
  type FieldRule,
  type GrantRule,
  type PolicyDocument,
  type PolicyProposalRow,
  type PolicyVersionRow,
  type RightPath,
  starterPolicyDigest,
  starterSuite,
  suiteOf,
} from "@sallyport/policy";
import type { z } from "zod";
import { policyOf } from "./policy-check.ts";

const iso = (ms: number): string => new Date(ms).toISOString();

const fieldsOf = ({ readable, masked }: FieldRule) => ({ readable: [...readable], masked: [...masked] });
const grantOf = ({ fields, conditions, ...grant }: GrantRule) => ({
  ...grant,
  ...(fields !== undefined && { fields: fieldsOf(fields) }),
  ...(conditions !== undefined && { conditions }),
});

/** A document as the contracts show it. */
export const contentOf = ({ title, roles, grants, separation }: PolicyDocument): z.input<typeof PolicyContent> => ({
  title,
  roles: roles.map(({ assignableBy, ...role }) => ({ ...role, assignableBy: [...assignableBy] })),
  grants: grants.map(grantOf),
  separation: [...separation],
});

/** The tests that a version has to pass: its own, the shipped ones of the starter policy, or those that state what it allows. */
export function suiteFor({ suite }: Pick<PolicyVersionRow, "suite">, policy: CompiledPolicy): string {
  return suite ?? (policy.digest === starterPolicyDigest ? starterSuite() : suiteOf(policy.document));
}

export function versionSummary(row: PolicyVersionRow): z.input<typeof PolicyVersion> {
  const policy = policyOf(row.canonical);
  return { version: row.version, label: policy.label, digest: policy.digest, content: contentOf(policy.document), suite: suiteFor(row, policy) };
}

/** A proposal as the contracts show it to one person. */
export function proposalSummary(
  row: PolicyProposalRow,
  {
    active,
    highest,
    names,
    nowMs,
    isMine,
  }: { readonly active: number; readonly highest: number; readonly names: Readonly<Record<string, string>>; readonly nowMs: number; readonly isMine: boolean },
): z.input<typeof PolicyProposalSummary> {
  const { version, title } = policyOf(row.canonical).document;
  const isOver = row.approvalState === "requested" && row.approvalExpiresAtMs !== null && nowMs >= row.approvalExpiresAtMs;
  return {
    proposalId: row.id,
    version,
    digest: row.digest,
    title,
    base: row.base,
    proposedBy: row.proposedBy,
    proposedByName: names[row.proposedBy] ?? null,
    proposedAt: iso(row.proposedAtMs),
    approvalId: row.approval,
    state: row.approvalState === null ? "draft" : isOver ? "expired" : row.approvalState,
    isStale: row.approvalState !== "done" && (row.base !== active || version !== highest + 1),
    isMine,
  };
}

/** A path to a right as the contracts show it. */
export const pathSummary = ({ assignment: { role, study, site, untilMs }, rule }: RightPath) => ({
  role,
  study,
  site,
  until: untilMs === null ? null : iso(untilMs),
  rule: rule.id,
  readable: [...(rule.fields?.readable ?? [])],
  masked: [...(rule.fields?.masked ?? [])],
  signedInBy: rule.conditions?.signedInBy ?? null,
});
