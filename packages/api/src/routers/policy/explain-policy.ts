import { type AuditRecord, parseBody } from "@sallyport/audit";
import { type ExplainPolicyInput as Input, ExplainPolicyInput, ExplainPolicyOutput } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import { type CompiledPolicy, type Emergency, explain, type Question, TokenScope } from "@sallyport/policy";
import type { z } from "zod";
import type { Boundary, Crossing } from "../../boundary/procedure.ts";
import { detailOf } from "../../crossings/trace-of.ts";
import { endOf } from "../../emergencies/emergency-summary.ts";
import { pathSummary } from "../../policies/policy-summary.ts";
import { actionOf, wordOf } from "../../policies/recorded-crossing.ts";
import { neededOnRecord, questionRecorded, resourcesRecorded } from "../../policies/recorded-question.ts";
import { policyOf } from "../../policies/policy-check.ts";
import type { ApiDeps } from "../../ports.ts";
import { placeOfChain } from "../trail/chain-place.ts";
import { inDeployment, placeNamed } from "./policy-place.ts";
import { actNamed } from "./who-can.ts";
import { allSites } from "../site-place.ts";

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
  const named = actNamed(act);
  return answerOf(compiled, {
    principal,
    scope: new TokenScope([named.action]),
    ...named,
    place: placeNamed(place),
    nowMs: deps.now(),
    signedInBy: principal.kind === "person" ? signedInBy : null,
  });
}

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
  // As registered: a lock of today, or one that has been lifted since, has no part in what was decided then but by the record's own word.
  const principal = deps.policy.current().registered.get(record.principal);
  if (policy === null || principal === undefined) return unknown;
  const sites = await allSites(deps);
  const question = questionRecorded(policy, record, { principal, rule, sites, emergency: await emergencyThen(deps, record, Date.parse(record.timestamp_utc)) });
  const answer = question === null ? unknown : { ...answerOf(policy, question), recorded };
  return record.decision === "deny" ? refusedThen(policy, record, answer) : answer;
}

/** A refusal as it is on record, whatever rule had allowed it before: the reason is the record's, and so is what would be needed. */
function refusedThen(policy: CompiledPolicy, record: AuditRecord, answer: Output): Output {
  const action = actionOf(record.action);
  const resources = action === null ? [] : resourcesRecorded(policy, action, record, answer.rule);
  const rolesThatMay = action === null ? [] : [...new Set(resources.flatMap((resource) => policy.rolesFor(action, resource)))];
  const told = answer.effect === "deny" ? answer : { ...answer, rolesThatMay };
  const [code = ""] = record.reason.split(":");
  const reason = wordOf(record.reason) ?? (code === "policy.separation" ? "separation" : code);
  return { ...told, effect: "deny", reason, needed: neededOnRecord(record, record.action, told.rolesThatMay) ?? told.needed };
}

/** The version that decided, if it is one of ours and still what the record's label says. */
async function policyThatDecided<Tx>(deps: ApiDeps<Tx>, { policy: label }: AuditRecord): Promise<CompiledPolicy | null> {
  const version = /^v([1-9]\d{0,8}):[0-9a-f]{16}$/.exec(label)?.[1];
  const row = version === undefined ? null : await deps.policyVersions.version(Number(version));
  const policy = row === null ? null : policyOf(row.canonical);
  return policy?.label === label ? policy : null;
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
