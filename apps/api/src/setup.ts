import { type ApiDeps, foundReferenceKeys } from "@sallyport/api";
import type { RecordDraft, TrailStore } from "@sallyport/audit";
import { SetupPlan } from "@sallyport/contracts";
import { newId } from "@sallyport/crypto";
import type { Custodian } from "@sallyport/custody";
import { SallyportError } from "@sallyport/errors";
import type { ProfileStore } from "@sallyport/phi";
import { canonicalPolicy, type PolicyStore, siteKey, starterPolicy } from "@sallyport/policy";
import { keepShippedProfiles } from "./shipped-profiles.ts";

const DEADLINE_MS = 5000;
const SYSTEM = "system";

export interface SetupDeps<Tx> extends Pick<ApiDeps<Tx>, "trail" | "studies" | "references" | "keys"> {
  readonly store: Pick<TrailStore<Tx>, "openChain" | "heads">;
  readonly policies: PolicyStore<Tx>;
  readonly profileStore: Pick<ProfileStore<Tx>, "versions" | "insert">;
  readonly now: () => number;
  readonly custodian: Pick<Custodian, "sign">;
}

/** Reads a plan. Throws `setting.invalid` naming the places that are wrong. */
export function readPlan(text: string): SetupPlan {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new SallyportError("setting.invalid", { setting: "plan", why: "not JSON" });
  }
  const plan = SetupPlan.safeParse(value);
  if (plan.success) return plan.data;
  throw new SallyportError("setting.invalid", { setting: "plan", why: plan.error.issues.slice(0, 10).map(({ path, message }) => `${path.join(".")}: ${message}`) });
}

/**
 * Founds the deployment and registers what the plan names: an act of the operator on the custodian's host, each part on record in
 * the transaction that makes it so. Doing it again changes nothing; a trail that was signed before is never begun anew, because the
 * custodian signs the starter policy once and seals nothing below what it signed.
 */
export async function setup<Tx>(deps: SetupDeps<Tx>, plan: SetupPlan): Promise<void> {
  await foundTrail(deps);
  await foundPolicy(deps);
  await keepShippedProfiles(deps);
  await foundReferenceKeys(deps.references, deps.keys);
  for (const study of plan.studies) {
    if ((await deps.profileStore.versions(study.profile)).length === 0)
      throw new SallyportError("setting.invalid", { setting: "plan", why: [`studies: no profile ${study.profile}`] });
    await deps.trail.inTransaction(async (tx, appendLast) => {
      if ((await deps.studies.register(tx, study)) === "unchanged") return;
      const chains = study.sites.map((site) => `site:${siteKey({ study: study.id, site: site.id })}`);
      for (const chain of chains) await deps.store.openChain(tx, chain);
      await appendLast([
        ...chains.map((chain) => draft(chain, "chain.open", chain, "generation=1")),
        draft(SYSTEM, "study.register", `study/${study.id}`, `sites=${study.sites.length};profile=${study.profile}`),
      ]);
    });
  }
  for (const principal of plan.principals) {
    await deps.trail.inTransaction(async (tx, appendLast) => {
      // Held from the beginning: the same plan again has to be the same registration.
      const assignments = principal.assignments.map((each) => ({ ...each, fromMs: 0, untilMs: null }));
      if ((await deps.policies.registerPrincipal(tx, { ...principal, person: principal.id, assignments })) === "unchanged") return;
      const held = principal.assignments.map(({ role, study, site }) => `${role}@${study}/${site}`).join(",");
      await appendLast([draft(SYSTEM, "principal.register", principal.id, `workload=${principal.workload};assignments=${held}`)]);
    });
  }
}

async function foundTrail<Tx>(deps: SetupDeps<Tx>): Promise<void> {
  const [head] = await deps.store.heads([SYSTEM]);
  if (head !== undefined && head.seq > 0) return;
  await deps.trail.inTransaction(async (tx, appendLast) => {
    await deps.store.openChain(tx, SYSTEM);
    await appendLast([draft(SYSTEM, "chain.open", SYSTEM, "generation=1")]);
  });
}

async function foundPolicy<Tx>(deps: SetupDeps<Tx>): Promise<void> {
  if ((await deps.policies.snapshot()).active !== null) return;
  const canonical = canonicalPolicy(starterPolicy);
  const [note] = (await deps.custodian.sign({ kind: "policy", canonical, statement: null }, DEADLINE_MS)).notes;
  if (note === undefined) throw new SallyportError("policy.unsigned");
  await deps.trail.inTransaction(async (tx, appendLast) => {
    await deps.policies.activate(tx, { version: starterPolicy.version, canonical, note });
    await appendLast([draft(SYSTEM, "policy.activate", `policy/${starterPolicy.version}`, "starter=true")]);
  });
}

const draft = (chain: string, action: string, resource: string, detail: string): RecordDraft => ({
  chain,
  principal: "operator",
  role: "-",
  workload: "setup",
  action,
  resource,
  site: chain === SYSTEM ? "-" : chain.slice("site:".length),
  decision: "note",
  reason: "founding",
  request_id: newId("req"),
  policy: "-",
  detail,
});
