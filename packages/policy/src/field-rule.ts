import type { FieldRule } from "./model.ts";

/** What a resource's fields are classified as; `treatment` is what would unblind. */
export const FIELD_CLASSES = ["public", "regulatory", "phi", "treatment"] as const;
export type FieldClass = (typeof FIELD_CLASSES)[number];

/** A rule that shows no field. */
export const NO_FIELDS: FieldRule = Object.freeze({ readable: Object.freeze([]), masked: Object.freeze([]) });

/** What two rules show where both hold: a field is readable if either reads it, and masked if either shows it at all. */
export function joinFields(a: FieldRule, b: FieldRule): FieldRule {
  if (a === b) return a;
  const readable = union(a.readable, b.readable);
  return { readable, masked: union(a.masked, b.masked).filter((name) => !readable.includes(name)) };
}

/** What two rules show where either may hold: a field is readable if both read it, and masked if both show it at all. */
export function meetFields(a: FieldRule, b: FieldRule): FieldRule {
  if (a === b) return a;
  const readable = a.readable.filter((name) => b.readable.includes(name));
  const shownByB = [...b.readable, ...b.masked];
  const masked = [...a.readable, ...a.masked].filter((name) => shownByB.includes(name) && !readable.includes(name));
  return { readable, masked };
}

const union = (a: readonly string[], b: readonly string[]): readonly string[] => [...a, ...b.filter((name) => !a.includes(name))];
