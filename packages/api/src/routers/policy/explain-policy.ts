import { type AuditRecord, parseBody } from "@sallyport/audit";
import { type ExplainPolicyInput as Input, ExplainPolicyInput, ExplainPolicyOutput } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import { type CompiledPolicy, type Decision, type Emergency, explain, type LivePrincipal, type Place, type Question, TokenScope } from "@sallyport/policy";
import type { z } from "zod";
import type { Boundary, Crossing } from "../../boundary/procedure.ts";
import { detailOf } from "../../crossings/trace-of.ts";
import { endOf } from "../../emergencies/emergency-summary.ts";
import { pathSummary } from "../../policies/policy-summary.ts";
import { asItWas, placesRecorded, resourcesOf } from "../../policies/recorded-crossing.ts";
import { policyOf } from "../../policies/policy-check.ts";
import type { ApiDeps } from "../../ports.ts";
import { placeOfChain } from "../trail/chain-place.ts";
import { inDeployment, placeNamed } from "./policy-place.ts";
import { actNamed } from "./who-can.ts";

type Output = z.input<typeof ExplainPolicyOutput>;
type Asked = z.output<typeof Input>;

/**
 * Why a crossing was decided as it was, or why one would be: rule, version and assignments; on a denial what would be needed. For those who may read roles,
 * never for the caller who was refused.
 */
export const explainPolicy = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read({ action: "role.read", resource: "role", input: ExplainPolicyInput, output: ExplainPolicyOutput, locate: inDeployment }, async (crossing) => {
    const { crossing: recorded, question } = crossing.input;
    if ((recorded === undefined) === (question === undefined)) throw new SallyportError("input.invalid", { where: ["crossing, question: one of the two"] });
    if (question !== undefined) return asked(deps, crossing, question);
    if (recorded !== undefined) return explained(deps, crossing, recorded);
    throw new SallyportError("internal");
  });

function asked<Tx>(deps: ApiDeps<Tx>, { trace }: Crossing<Asked, null>, { principal: id, place, signedInBy, ...act }: NonNullable<Asked["question"]>): Output {
  const { compiled, principals } = deps.policy.current();
  const principal = principals.get(id);
  if (principal === undefined) throw new SallyportError("policy.denied");
  trace.about(id);
  return answerOf(compiled, { ...questionOf(principal, actNamed(act)), place: placeNamed(place), nowMs: deps.now(), signedInBy: principal.kind === "person" ? signedInBy : null });
}

const questionOf = (principal: LivePrincipal, act: ReturnType<typeof actNamed>): Pick<Question, "principal" | "scope" | "action" | "resource"> => ({
  principal,
  scope: new TokenScope([act.action]),
  ...act,
});

async function explained<Tx>(deps: ApiDeps<Tx>, { reach, trace }: Crossing<Asked, null>, at: NonNullable<Asked["crossing"]>): Promise<Output> {
  // The record itself is the trail's to show: who may read roles and not this chain doesn't learn of it here.
  const grant = reach({ action: "trail.read", resource: "trail" }, await placeOfChain(deps, at.chain));
  const stored = grant === null ? null : await deps.archive.record(grant, at);
  if (stored === null) throw new SallyportError("policy.denied");
  trace.about(at.chain);
  trace.note({ generation: at.generation, seq: at.seq });
  const record = parseBody(stored.body);
  const rule = detailOf(record.detail)["rule"] ?? null;
  const recorded = { outcome: record.decision, reason: record.reason, rule };
  const unknown: Output = { policy: record.policy, effect: "unknown", reason: null, rule, needed: null, rolesThatMay: [], paths: [], emergency: null, recorded };
  const policy = await policyThatDecided(deps, record);
  const principal = deps.policy.current().principals.get(record.principal);
  if (policy === null || principal === undefined) return unknown;
  const question = await questionRecorded(deps, policy, principal, record, rule);
  return question === null ? unknown : { ...answerOf(policy, question), recorded };
}

/** The version that decided, if it is one of ours and still what the record's label says. */
async function policyThatDecided<Tx>(deps: ApiDeps<Tx>, { policy: label }: AuditRecord): Promise<CompiledPolicy | null> {
  const version = /^v([1-9]\d{0,8}):[0-9a-f]{16}$/.exec(label)?.[1];
  const row = version === undefined ? null : await deps.policyVersions.version(Number(version));
  const policy = row === null ? null : policyOf(row.canonical);
  return policy?.label === label ? policy : null;
}

/** The question that was decided, as far as the record tells; of the places that it can have been at, the first at which it ends as recorded. */
async function questionRecorded<Tx>(deps: ApiDeps<Tx>, policy: CompiledPolicy, principal: LivePrincipal, record: AuditRecord, rule: string | null): Promise<Question | null> {
  const act = policy.document.grants.find(({ action }) => action === record.action)?.action;
  // Under an emergency, the rule on record is the one by which it was opened.
  const ruled = policy.document.grants.find(({ id, action }) => action === act && rule?.split("+").includes(id));
  if (act === undefined) return null;
  const resources = ruled === undefined ? resourcesOf(act, [policy]) : [ruled.resource];
  const sites = (await deps.studies.all()).flatMap(({ id, sites: each }) => each.map((site) => ({ study: id, site: site.id })));
  const places: readonly Place[] = [...placesRecorded(record.site, sites), ...(record.decision === "deny" ? [{ kind: "one", site: null } as const] : [])];
  const nowMs = Date.parse(record.timestamp_utc);
  const opened = await emergencyThen(deps, record, nowMs);
  const asker: LivePrincipal = { ...asItWas(principal), emergencies: opened === null ? [] : [opened] };
  const questions = resources.flatMap((resource) =>
    places.map(
      (place): Question => ({
        ...questionOf(asker, { action: act, resource }),
        place,
        subject: opened?.subject ?? null,
        nowMs,
        signedInBy: principal.kind === "person" ? "passkey" : null,
      }),
    ),
  );
  const reason = record.reason.split(":")[1];
  const endsSo = (decision: Decision): boolean => (record.decision === "allow" ? decision.effect === "allow" : decision.effect === "deny" && decision.reason === reason);
  return questions.find((question) => endsSo(explain(policy, question).decision)) ?? questions[0] ?? null;
}

/** The emergency that a record names, as it stood then: the record's own principal's, and not ended before it. */
async function emergencyThen<Tx>(deps: ApiDeps<Tx>, { principal, detail }: AuditRecord, atMs: number): Promise<Emergency | null> {
  const id = detailOf(detail)["emergency"];
  const row = id === undefined ? null : await deps.emergencies.byId(id);
  return row === null || row.principal !== principal || atMs >= endOf(row) ? null : row;
}

function answerOf(policy: CompiledPolicy, question: Question): Output {
  const { decision, assignments, emergency, rolesThatMay, needed } = explain(policy, question);
  const rules = decision.effect === "allow" ? decision.rule.split("+") : [];
  const ruleOf = (role: string) => policy.document.grants.find(({ id, role: of }) => of === role && rules.includes(id));
  return {
    policy: policy.label,
    effect: decision.effect,
    reason: decision.effect === "deny" ? decision.reason : null,
    rule: decision.effect === "allow" ? decision.rule : null,
    needed: decision.effect === "deny" ? needed : null,
    rolesThatMay: [...rolesThatMay],
    paths: assignments.flatMap((assignment) => {
      const rule = ruleOf(assignment.role);
      return rule === undefined ? [] : [pathSummary({ assignment, rule })];
    }),
    emergency,
    recorded: null,
  };
}
