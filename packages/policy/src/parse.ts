import { SallyportError } from "@sallyport/errors";
import { FIELD_CLASSES } from "./field-rule.ts";
import { ACTIONS, type Conditions, type FieldRule, type GrantRule, type PolicyDocument, RESOURCE_TYPES, type RoleRule, type SeparationRule } from "./model.ts";
import { ROLE_NAME } from "./role-name.ts";

const RULE = /^[a-z0-9][a-z0-9_.:-]{0,127}$/;
const TEXT = /^[\x20-\x7e]{1,200}$/;
const WHERE_MAX = 50;

/** What was found wrong so far, by place; a document is reported whole, not one fault at a time. */
class Findings {
  readonly where: string[] = [];

  add(place: string, fault: string): void {
    if (this.where.length < WHERE_MAX) this.where.push(`${place}: ${fault}`);
  }
}

/**
 * Reads a policy document from anything: closed lists of actions, resource types and field classes, every role known,
 * every id given once, no member that the model doesn't have. A document with one fault is refused whole, because what
 * remains of it would be a policy that nobody wrote (docs/spec/policy-v1.md §2).
 *
 * @throws SallyportError `policy.invalid`, with up to 50 places in `where`.
 */
export function parsePolicy(value: unknown): PolicyDocument {
  const findings = new Findings();
  const document = members(value, ["version", "title", "roles", "grants", "separation"], "document", findings);
  const roles = items(document["roles"], "roles", findings).map((item, at) => parseRole(item, `roles[${at}]`, findings));
  const roleNames = new Set(roles.map(({ name }) => name));
  const grants = items(document["grants"], "grants", findings).map((item, at) => parseGrant(item, `grants[${at}]`, roleNames, findings));
  const separation = items(document["separation"], "separation", findings).map((item, at) => parseSeparation(item, `separation[${at}]`, findings));
  const version = document["version"];
  if (!Number.isSafeInteger(version) || (version as number) < 1) findings.add("version", "not an integer from 1");
  const title = text(document["title"], TEXT, "title", findings);
  unique(
    roles.map(({ name }) => name),
    "roles",
    findings,
  );
  unique(
    [...grants, ...separation].map(({ id }) => id),
    "rule ids",
    findings,
  );
  unique(
    grants.map(({ role, action, resource }) => `${role} ${action} ${resource}`),
    "grants",
    findings,
  );
  for (const [at, role] of roles.entries()) {
    for (const name of role.assignableBy) if (!roleNames.has(name)) findings.add(`roles[${at}].assignableBy`, "names no role");
  }
  if (findings.where.length > 0) throw new SallyportError("policy.invalid", { where: findings.where });
  return { version: version as number, title, roles, grants, separation };
}

function parseRole(value: unknown, place: string, findings: Findings): RoleRule {
  const role = members(value, ["name", "description", "assignableBy"], place, findings);
  return {
    name: text(role["name"], ROLE_NAME, `${place}.name`, findings),
    description: text(role["description"], TEXT, `${place}.description`, findings),
    assignableBy: items(role["assignableBy"], `${place}.assignableBy`, findings).map((name) => text(name, ROLE_NAME, `${place}.assignableBy`, findings)),
  };
}

function parseGrant(value: unknown, place: string, roles: ReadonlySet<string>, findings: Findings): GrantRule {
  const grant = members(value, ["id", "role", "action", "resource"], place, findings, ["fields", "conditions"]);
  const role = text(grant["role"], ROLE_NAME, `${place}.role`, findings);
  if (!roles.has(role)) findings.add(`${place}.role`, "names no role");
  return {
    id: text(grant["id"], RULE, `${place}.id`, findings),
    role,
    action: oneOf(ACTIONS, grant["action"], `${place}.action`, findings),
    resource: oneOf(RESOURCE_TYPES, grant["resource"], `${place}.resource`, findings),
    ...(Object.hasOwn(grant, "fields") && { fields: parseFields(grant["fields"], `${place}.fields`, findings) }),
    ...(Object.hasOwn(grant, "conditions") && { conditions: parseConditions(grant["conditions"], `${place}.conditions`, findings) }),
  };
}

function parseFields(value: unknown, place: string, findings: Findings): FieldRule {
  const fields = members(value, ["readable", "masked"], place, findings);
  const readable = items(fields["readable"], `${place}.readable`, findings).map((name) => oneOf(FIELD_CLASSES, name, `${place}.readable`, findings));
  const masked = items(fields["masked"], `${place}.masked`, findings).map((name) => oneOf(FIELD_CLASSES, name, `${place}.masked`, findings));
  unique([...readable, ...masked], place, findings);
  return { readable, masked };
}

function parseConditions(value: unknown, place: string, findings: Findings): Conditions {
  const conditions = members(value, ["signedInBy"], place, findings);
  return { signedInBy: oneOf(["passkey"], conditions["signedInBy"], `${place}.signedInBy`, findings) };
}

function parseSeparation(value: unknown, place: string, findings: Findings): SeparationRule {
  const rule = members(value, ["id", "first", "second"], place, findings);
  return {
    id: text(rule["id"], RULE, `${place}.id`, findings),
    first: oneOf(ACTIONS, rule["first"], `${place}.first`, findings),
    second: oneOf(ACTIONS, rule["second"], `${place}.second`, findings),
  };
}

function members(value: unknown, required: readonly string[], place: string, findings: Findings, optional: readonly string[] = []): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    findings.add(place, "not an object");
    return {};
  }
  for (const name of required) if (!Object.hasOwn(value, name)) findings.add(place, `has no ${name}`);
  for (const name of Object.keys(value)) if (!required.includes(name) && !optional.includes(name)) findings.add(place, "has a member that a policy doesn't have");
  return value as Readonly<Record<string, unknown>>;
}

function items(value: unknown, place: string, findings: Findings): readonly unknown[] {
  if (Array.isArray(value)) return value;
  findings.add(place, "not a list");
  return [];
}

function text(value: unknown, form: RegExp, place: string, findings: Findings): string {
  if (typeof value === "string" && form.test(value)) return value;
  findings.add(place, "not spelled as it must be");
  return "";
}

function oneOf<const T extends string>(list: readonly T[], value: unknown, place: string, findings: Findings): T {
  const found = list.find((item) => item === value);
  if (found === undefined) findings.add(place, "not in the closed list");
  return found ?? (list[0] as T);
}

function unique(values: readonly string[], place: string, findings: Findings): void {
  if (new Set(values).size !== values.length) findings.add(place, "something is given twice");
}
