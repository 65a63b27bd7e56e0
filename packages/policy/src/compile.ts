import { SallyportError } from "@sallyport/errors";
import { canonicalPolicy, policyDigest, policyLabel } from "./canonical.ts";
import { type Action, ACTIONS, type GrantRule, type PolicyDocument, RESOURCE_TYPES, type ResourceType } from "./model.ts";
import { parsePolicy } from "./parse.ts";

const ACTION_INDEX: ReadonlyMap<string, number> = new Map(ACTIONS.map((action, index) => [action, index]));
const RESOURCE_INDEX: ReadonlyMap<string, number> = new Map(RESOURCE_TYPES.map((resource, index) => [resource, index]));

/** A policy in the form that decides: names interned, one table look-up from (action, resource type, role) to a rule. */
export class CompiledPolicy {
  readonly document: PolicyDocument;
  /** SHA-256 of the canonical bytes, lower-case hex. */
  readonly digest: string;
  /** `v<version>:<first 16 hex of the digest>`. */
  readonly label: string;
  readonly #roles: ReadonlyMap<string, number>;
  /** Index of the rule plus one at `(action * resources + resource) * roles + role`; 0 is a denial, so an empty table denies. */
  readonly #table: Uint16Array;
  /** Of each cell with rules, the roles that have one; and their names as a sentence has them. */
  readonly #rolesAt = new Map<number, string[]>();
  readonly #wordsAt = new Map<number, string>();
  readonly #order: ReadonlyMap<GrantRule, number>;

  /** Compiles a document that {@link parsePolicy} has read. Use {@link compilePolicy}. */
  constructor(document: PolicyDocument) {
    this.document = document;
    this.digest = policyDigest(document);
    this.label = policyLabel(document.version, this.digest);
    this.#roles = new Map(document.roles.map(({ name }, index) => [name, index]));
    this.#order = new Map(document.grants.map((grant, index) => [grant, index]));
    this.#table = new Uint16Array(ACTIONS.length * RESOURCE_TYPES.length * document.roles.length);
    for (const [index, { role, action, resource }] of document.grants.entries()) {
      const cell = this.cell(action, resource);
      const column = this.#roles.get(role);
      if (cell === null || column === undefined) throw new RangeError("a rule outside the closed lists can't be compiled");
      this.#table[cell + column] = index + 1;
      const roles = this.#rolesAt.get(cell);
      if (roles === undefined) this.#rolesAt.set(cell, [role]);
      else roles.push(role);
    }
    for (const [cell, roles] of this.#rolesAt) this.#wordsAt.set(cell, roles.join(" or "));
  }

  /** Where the rules of an action on a resource type begin; null for a name that is in no closed list. */
  cell(action: string, resource: string): number | null {
    const row = ACTION_INDEX.get(action);
    const column = RESOURCE_INDEX.get(resource);
    return row === undefined || column === undefined ? null : (row * RESOURCE_TYPES.length + column) * this.#roles.size;
  }

  /** Where a role's rules stand within a cell; undefined for a role that is not known. */
  column(role: string): number | undefined {
    return this.#roles.get(role);
  }

  /** The rule by which the role of a column may do what the cell stands for; null where there is none. */
  ruleAt(cell: number, column: number): GrantRule | null {
    const index = this.#table[cell + column] ?? 0;
    return index === 0 ? null : (this.document.grants[index - 1] ?? null);
  }

  knowsRole(role: string): boolean {
    return this.#roles.has(role);
  }

  /** The roles that may do this to that, in the document's order. */
  rolesFor(action: Action, resource: ResourceType): readonly string[] {
    return this.#rolesAt.get(this.cell(action, resource) ?? -1) ?? [];
  }

  /** The same in words, `a or b`; null where there is none. */
  rolesInWords(action: Action, resource: ResourceType): string | null {
    return this.#wordsAt.get(this.cell(action, resource) ?? -1) ?? null;
  }

  /** Rules of this policy, each once, in the document's order. */
  inOrder(rules: Iterable<GrantRule>): readonly GrantRule[] {
    return [...new Set(rules)].sort((a, b) => (this.#order.get(a) ?? 0) - (this.#order.get(b) ?? 0));
  }
}

const RULES_MAX = 0xffff - 1;

/**
 * Validates a document and compiles it. The compiled policy shares nothing with the value that was handed in.
 *
 * @throws SallyportError `policy.invalid`, with up to 50 places in `where`.
 */
export function compilePolicy(document: unknown): CompiledPolicy {
  const parsed = parsePolicy(document);
  if (parsed.grants.length > RULES_MAX) throw new SallyportError("policy.invalid", { where: ["grants: too many"] });
  return new CompiledPolicy(parsed);
}

/**
 * Compiles stored canonical bytes. Bytes that are not the canonical form of the document that they hold are refused:
 * what was signed is the bytes, so two spellings of one policy must not both pass.
 *
 * @throws SallyportError `policy.invalid`.
 */
export function readPolicy(canonical: string): CompiledPolicy {
  let value: unknown;
  try {
    value = JSON.parse(canonical);
  } catch {
    throw new SallyportError("policy.invalid", { where: ["document: not JSON"] });
  }
  const compiled = compilePolicy(value);
  if (canonicalPolicy(compiled.document) !== canonical) throw new SallyportError("policy.invalid", { where: ["document: not in canonical form"] });
  return compiled;
}
