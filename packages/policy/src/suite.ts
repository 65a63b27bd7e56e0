import { SallyportError } from "@sallyport/errors";
import { type Document, isAlias, isNode, parseDocument, stringify, visit } from "yaml";
import { FIELD_CLASSES } from "./field-rule.ts";
import { type Action, ACTIONS, type FieldRule, type PolicyDocument, RESOURCE_TYPES, type ResourceType, type SiteRef } from "./model.ts";
import { isSiteToken } from "./site-token.ts";

/** One thing that a role may do, with the fields that it is to show. */
export interface SuiteCell {
  readonly role: string;
  readonly action: Action;
  readonly resource: ResourceType;
  readonly fields: FieldRule;
  /** Whether only somebody who signed in so may do it. */
  readonly signedInBy: "passkey" | null;
}

/** Where a case's resource belongs: a site, the whole deployment, or nowhere. */
export type SuitePlace = SiteRef | "deployment" | "missing";

/** A sentence about one role, held at one place, as questions about a resource that belongs somewhere. */
export interface SuiteCase {
  readonly says: string;
  readonly role: string;
  readonly at: SiteRef;
  readonly site: SuitePlace;
  readonly may: readonly Pick<SuiteCell, "action" | "resource">[];
  readonly mayNot: readonly Pick<SuiteCell, "action" | "resource">[];
}

/** The tests of a policy (docs/spec/policy-v1.md §8). What `allowed` and `separated` don't list is expected to be denied, and not separated. */
export interface PolicySuite {
  readonly allowed: readonly SuiteCell[];
  readonly separated: readonly { readonly first: Action; readonly second: Action }[];
  readonly cases: readonly SuiteCase[];
}

export const SUITE_BYTES_MAX = 1_048_576;
const WHERE_MAX = 50;
const AT = { study: "PILOT", site: "701" };

type Members = Readonly<Record<string, unknown>>;

/** Reads a suite, and reports all that is wrong with it together. */
class Reading {
  readonly where: string[] = [];

  fault(place: string, what: string): void {
    if (this.where.length < WHERE_MAX) this.where.push(`suite.${place}: ${what}`);
  }

  members(value: unknown, names: readonly string[], place: string): Members {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      this.fault(place, "not a mapping");
      return {};
    }
    for (const name of Object.keys(value)) if (!names.includes(name)) this.fault(place, "has a member that a suite doesn't have");
    return value as Members;
  }

  items(value: unknown, place: string): readonly unknown[] {
    if (value === undefined) return [];
    if (Array.isArray(value)) return value;
    this.fault(place, "not a list");
    return [];
  }

  text(value: unknown, place: string): string {
    if (typeof value === "string" && /^[\x20-\x7e]{1,300}$/.test(value)) return value;
    this.fault(place, "not a line of text");
    return "";
  }

  oneOf<const T extends string>(list: readonly T[], value: unknown, place: string): T {
    const found = list.find((item) => item === value);
    if (found === undefined) this.fault(place, "not in the closed list");
    return found ?? (list[0] as T);
  }

  /** `action resource`. */
  act(value: unknown, place: string): { readonly action: Action; readonly resource: ResourceType } {
    const [action, resource, ...more] = typeof value === "string" ? value.split(" ") : [];
    if (more.length > 0) this.fault(place, "not an action and a resource type");
    return { action: this.oneOf(ACTIONS, action, place), resource: this.oneOf(RESOURCE_TYPES, resource, place) };
  }

  /** `action resource`, or a mapping of that one text to the fields that it shows and the condition that it has. */
  cell(role: string, value: unknown, place: string): SuiteCell {
    if (typeof value === "string") return { role, ...this.act(value, place), fields: { readable: [], masked: [] }, signedInBy: null };
    const [entry, ...more] = Object.entries(this.members(value, typeof value === "object" && value !== null ? Object.keys(value) : [], place));
    if (entry === undefined || more.length > 0) this.fault(place, "not one act with its fields");
    const fields = this.members(entry?.[1], ["readable", "masked", "signedInBy"], place);
    const classes = (name: "readable" | "masked") => this.items(fields[name], place).map((one) => this.oneOf(FIELD_CLASSES, one, place));
    const signedInBy = fields["signedInBy"] === undefined ? null : this.oneOf(["passkey"], fields["signedInBy"], place);
    return { role, ...this.act(entry?.[0], place), fields: { readable: classes("readable"), masked: classes("masked") }, signedInBy };
  }

  /** `study/site`, as assignments have it. */
  held(value: unknown, place: string): SiteRef {
    if (value === undefined) return AT;
    const [study = "", site = "", ...more] = typeof value === "string" ? value.split("/") : [];
    const isHeld = more.length === 0 && ((study === "*" && site === "*") || (isSiteToken(study) && (site === "*" || isSiteToken(site))));
    if (!isHeld) this.fault(place, "not a place where a role is held");
    return { study, site };
  }

  belongs(value: unknown, place: string): SuitePlace {
    if (value === "deployment" || value === "missing") return value;
    const site = this.held(value, place);
    if (site.site === "*") this.fault(place, "not a site");
    return site;
  }
}

function valueOf(text: string): unknown {
  if (Buffer.byteLength(text) > SUITE_BYTES_MAX) throw new SallyportError("policy.invalid", { where: ["suite: too long"] });
  const document: Document = parseDocument(text, { uniqueKeys: true, merge: false, customTags: [], logLevel: "silent", prettyErrors: false });
  let isOther = false;
  visit(document, (_key, node) => {
    isOther ||= isAlias(node) || (isNode(node) && node.tag !== undefined && /^tag:yaml\.org,2002:(?:map|seq|str)$/.test(node.tag) === false);
  });
  if (document.errors.length > 0 || document.warnings.length > 0 || isOther) throw new SallyportError("policy.invalid", { where: ["suite: not YAML of this form"] });
  return document.toJS({ maxAliasCount: 0 }) as unknown;
}

/**
 * Reads a policy's tests. Aliases, tags and duplicate keys are refused, as is everything outside the closed lists.
 *
 * @throws SallyportError `policy.invalid`, with up to 50 places in `where`, each beginning with `suite`.
 */
export function readSuite(text: string): PolicySuite {
  const reading = new Reading();
  const suite = reading.members(valueOf(text), ["allowed", "separated", "cases"], "document");
  const roles = suite["allowed"] === undefined ? {} : reading.members(suite["allowed"], Object.keys((suite["allowed"] ?? {}) as object), "allowed");
  const allowed = Object.entries(roles).flatMap(([role, cells]) => reading.items(cells, `allowed.${role}`).map((cell, n) => reading.cell(role, cell, `allowed.${role}[${n}]`)));
  if (new Set(allowed.map(({ role, action, resource }) => `${role} ${action} ${resource}`)).size !== allowed.length) reading.fault("allowed", "something is given twice");
  const separated = reading.items(suite["separated"], "separated").map((pair, n) => {
    const [first, second, ...more] = typeof pair === "string" ? pair.split(" ") : [];
    if (more.length > 0) reading.fault(`separated[${n}]`, "not two acts");
    return { first: reading.oneOf(ACTIONS, first, `separated[${n}]`), second: reading.oneOf(ACTIONS, second, `separated[${n}]`) };
  });
  const cases = reading.items(suite["cases"], "cases").map((item, n): SuiteCase => {
    const place = `cases[${n}]`;
    const one = reading.members(item, ["says", "role", "at", "site", "may", "mayNot"], place);
    const acts = (name: "may" | "mayNot") => reading.items(one[name], `${place}.${name}`).map((act) => reading.act(act, `${place}.${name}`));
    const [may, mayNot] = [acts("may"), acts("mayNot")];
    if (may.length + mayNot.length === 0) reading.fault(place, "asks nothing");
    return {
      says: reading.text(one["says"], place),
      role: reading.text(one["role"], place),
      at: reading.held(one["at"], `${place}.at`),
      site: reading.belongs(one["site"], `${place}.site`),
      may,
      mayNot,
    };
  });
  if (reading.where.length > 0) throw new SallyportError("policy.invalid", { where: reading.where });
  return { allowed, separated, cases };
}

/** The suite that states exactly what a document allows: where a policy has none of its own, the beginning of one. */
export function suiteOf({ roles, grants, separation }: PolicyDocument): string {
  const cellOf = ({ action, resource, fields, conditions }: PolicyDocument["grants"][number]): unknown =>
    fields === undefined && conditions === undefined ? `${action} ${resource}` : { [`${action} ${resource}`]: { ...fields, ...conditions } };
  return stringify(
    {
      allowed: Object.fromEntries(roles.map(({ name }) => [name, grants.filter(({ role }) => role === name).map(cellOf)])),
      separated: separation.map(({ first, second }) => `${first} ${second}`),
    },
    { aliasDuplicateObjects: false },
  );
}
