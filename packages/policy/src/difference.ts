import { canonicalJson } from "@sallyport/crypto";
import type { FieldRule, GrantRule, PolicyDocument, RoleRule, SeparationRule } from "./model.ts";

/** One thing that a policy says otherwise than another, in words; null where it says nothing. */
export interface PolicyChange {
  readonly kind: "title" | "role" | "grant" | "separation";
  readonly what: string;
  readonly before: string | null;
  readonly after: string | null;
}

const fieldWords = (fields: FieldRule | undefined): string =>
  fields === undefined ? "" : `; readable: ${[...fields.readable].sort().join(", ") || "none"}; masked: ${[...fields.masked].sort().join(", ") || "none"}`;
const roleWords = ({ description, assignableBy }: RoleRule): string => `${description} Assigned by: ${[...assignableBy].sort().join(", ") || "nobody"}.`;
const grantWords = ({ id, fields, conditions }: GrantRule): string =>
  `allowed (${id})${fieldWords(fields)}${conditions === undefined ? "" : `; only if ${canonicalJson(conditions)}`}`;

/**
 * Everything in which two policies differ, in the order of the first and then of what the second adds. Two documents without a difference decide
 * alike; their version is not a difference.
 */
export function policyDifference(before: PolicyDocument, after: PolicyDocument): readonly PolicyChange[] {
  const changes: PolicyChange[] = before.title === after.title ? [] : [{ kind: "title", what: "title", before: before.title, after: after.title }];
  const compare = <T>(kind: PolicyChange["kind"], [old, young]: readonly [readonly T[], readonly T[]], nameOf: (item: T) => string, wordsOf: (item: T) => string): void => {
    const [was, will] = [old, young].map((list) => new Map(list.map((item) => [nameOf(item), wordsOf(item)]))) as [Map<string, string>, Map<string, string>];
    for (const what of new Set([...was.keys(), ...will.keys()])) {
      const [one = null, other = null] = [was.get(what), will.get(what)];
      if (one !== other) changes.push({ kind, what, before: one, after: other });
    }
  };
  compare<RoleRule>("role", [before.roles, after.roles], ({ name }) => `role ${name}`, roleWords);
  compare<GrantRule>("grant", [before.grants, after.grants], ({ role, action, resource }) => `${role}: ${action} ${resource}`, grantWords);
  compare<SeparationRule>(
    "separation",
    [before.separation, after.separation],
    ({ first, second }) => `${second} after ${first} by the same person`,
    ({ id }) => `forbidden (${id})`,
  );
  return changes;
}
