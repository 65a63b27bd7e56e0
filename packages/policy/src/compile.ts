import { sha256Hex } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import { type Act, actOf } from "./act.ts";
import { canonicalPolicy, policyLabel } from "./canonical.ts";
import type { Action, Assignment, GrantRule, LivePrincipal, PolicyDocument, ResourceType } from "./model.ts";
import { parsePolicy } from "./parse.ts";
import { Holdings, type Rights, RoleRules } from "./rights.ts";
import type { TokenScope } from "./token-scope.ts";

/** A policy in the form that decides: names interned, one table look-up from (role, act) to a rule. */
export class CompiledPolicy {
  readonly document: PolicyDocument;
  /** The one byte form of the document. */
  readonly canonical: string;
  /** SHA-256 of the canonical bytes, lower-case hex. */
  readonly digest: string;
  /** `v<version>:<first 16 hex of the digest>`. */
  readonly label: string;
  /** By role; a role without rules denies. */
  readonly #rules: ReadonlyMap<string, RoleRules>;
  /** Of each act with rules, the roles that have one; and their names as a sentence has them. */
  readonly #rolesAt = new Map<Act, string[]>();
  readonly #wordsAt = new Map<Act, string>();
  readonly #order: ReadonlyMap<GrantRule, number>;
  /** By the list of assignments itself: other assignments are another list, and another policy has none of these. */
  readonly #held = new WeakMap<readonly Assignment[], Holdings>();

  /** Compiles a document that {@link parsePolicy} has read. Use {@link compilePolicy}. */
  constructor(document: PolicyDocument) {
    this.document = document;
    this.canonical = canonicalPolicy(document);
    this.digest = sha256Hex(this.canonical);
    this.label = policyLabel(document.version, this.digest);
    this.#rules = new Map(document.roles.map(({ name }) => [name, new RoleRules()]));
    this.#order = new Map(document.grants.map((grant, index) => [grant, index]));
    for (const [index, { role, action, resource, conditions }] of document.grants.entries()) {
      const act = actOf(action, resource);
      const rules = this.#rules.get(role);
      if (act === null || rules === undefined) throw new RangeError("a rule outside the closed lists can't be compiled");
      rules.set(act, index + 1, conditions !== undefined);
      const roles = this.#rolesAt.get(act);
      if (roles === undefined) this.#rolesAt.set(act, [role]);
      else roles.push(role);
    }
    for (const [act, roles] of this.#rolesAt) this.#wordsAt.set(act, roles.join(" or "));
  }

  /** What a principal may do with a token of this scope, made ready to be asked. Assignments are read once, and frozen: a later write to them throws. */
  rights(principal: LivePrincipal, scope: TokenScope): Rights {
    return { policy: this, principal, scope, held: this.#heldBy(principal.assignments) };
  }

  #heldBy(assignments: readonly Assignment[]): Holdings {
    const known = this.#held.get(assignments);
    if (known !== undefined) return known;
    const made = new Holdings(Object.freeze(assignments), this.#rules, this.document.grants);
    this.#held.set(assignments, made);
    return made;
  }

  knowsRole(role: string): boolean {
    return this.#rules.has(role);
  }

  /** The roles that may do this to that, in the document's order. */
  rolesFor(action: Action, resource: ResourceType): readonly string[] {
    const act = actOf(action, resource);
    return (act === null ? undefined : this.#rolesAt.get(act)) ?? [];
  }

  /** The same in words, `a or b`; null where there is none. */
  rolesInWords(act: Act | null): string | null {
    return (act === null ? undefined : this.#wordsAt.get(act)) ?? null;
  }

  /** Rules of this policy, each once, in the document's order. */
  inOrder(rules: readonly GrantRule[]): readonly GrantRule[] {
    return rules.filter((rule, at) => rules.indexOf(rule) === at).sort((a, b) => (this.#order.get(a) ?? 0) - (this.#order.get(b) ?? 0));
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
  if (compiled.canonical !== canonical) throw new SallyportError("policy.invalid", { where: ["document: not in canonical form"] });
  return compiled;
}
