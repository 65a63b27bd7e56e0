import { CurrentPolicyInput, CurrentPolicyOutput, GetPolicyVersionInput, GetPolicyVersionOutput, ListPolicyVersionsInput, ListPolicyVersionsOutput } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import { ACTIONS, FIELD_CLASSES, policyDifference, type PolicyVersionRow, RESOURCE_TYPES } from "@sallyport/policy";
import type { Boundary } from "../../boundary/procedure.ts";
import { versionSummary } from "../../policies/policy-summary.ts";
import { policyOf } from "../../policies/policy-check.ts";
import type { ApiDeps } from "../../ports.ts";
import { inDeployment } from "./policy-place.ts";

const READ = { action: "role.read", resource: "role", locate: inDeployment } as const;
const iso = (ms: number): string => new Date(ms).toISOString();

/** The active policy with its tests, and the axes of its matrix. */
export const currentPolicy = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read({ ...READ, input: CurrentPolicyInput, output: CurrentPolicyOutput }, async ({ trace }) => {
    const rows = await deps.policyVersions.versions();
    const active = rows.find(({ isActive }) => isActive);
    if (active === undefined) throw new SallyportError("policy.unsigned");
    const policy = versionSummary(active);
    trace.note({ version: policy.label });
    return {
      policy,
      scheduled: rows.filter(isWaiting).map(({ version, canonical, change }) => ({ version, label: policyOf(canonical).label, effectiveAt: iso(change?.effectiveAtMs ?? 0) })),
      actions: [...ACTIONS],
      resources: [...RESOURCE_TYPES],
      fieldClasses: [...FIELD_CLASSES],
    };
  });

const isWaiting = ({ change }: PolicyVersionRow): boolean => change !== null && change.outcome === null;

function stateOf({ isActive, change }: PolicyVersionRow): "active" | "scheduled" | "past" | "superseded" | "refused" {
  if (isActive) return "active";
  if (change === null || change.outcome === "effective") return "past";
  return change.outcome ?? "scheduled";
}

/** Every version that was ever signed here, with what became of it. */
export const listPolicyVersions = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read({ ...READ, input: ListPolicyVersionsInput, output: ListPolicyVersionsOutput }, async ({ trace }) => {
    const rows = await deps.policyVersions.versions();
    trace.note({ shown: rows.length });
    return {
      versions: rows.map((row) => {
        const { document, label } = policyOf(row.canonical);
        return {
          version: row.version,
          label,
          title: document.title,
          storedAt: iso(row.storedAtMs),
          approvalId: row.change?.approval ?? null,
          effectiveAt: iso(row.change?.effectiveAtMs ?? row.storedAtMs),
          state: stateOf(row),
        };
      }),
    };
  });

/** One version, and what it changed. */
export const getPolicyVersion = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read({ ...READ, input: GetPolicyVersionInput, output: GetPolicyVersionOutput }, async ({ input: { version }, trace }) => {
    trace.note({ version });
    const row = await deps.policyVersions.version(version);
    if (row === null) throw new SallyportError("policy.denied");
    const base = row.change === null ? null : await deps.policyVersions.version(row.change.base);
    const difference = base === null ? [] : policyDifference(policyOf(base.canonical).document, policyOf(row.canonical).document);
    return { policy: versionSummary(row), difference: [...difference] };
  });
