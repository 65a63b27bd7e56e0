import type { CompiledPolicy } from "./compile.ts";
import type { Action, SeparationRule } from "./model.ts";

/** An act and the person behind the account that did it, or wants to. */
export interface DoneAct {
  readonly action: Action;
  /** The person, not the account: a second account of the same person is the same person. */
  readonly person: string;
}

/**
 * The rule that forbids one person both acts on the same thing, or null where they are two persons or no rule speaks of these acts.
 * A person who isn't known is taken to be the same one: whoever can't be told apart is not separated.
 */
export function separated(policy: CompiledPolicy, acts: { readonly first: DoneAct; readonly second: DoneAct }): SeparationRule | null {
  const { first, second } = acts;
  const rule = policy.document.separation.find((one) => one.first === first.action && one.second === second.action);
  if (rule === undefined) return null;
  const bothKnown = isPerson(first.person) && isPerson(second.person);
  return bothKnown && first.person !== second.person ? null : rule;
}

const isPerson = (person: unknown): boolean => typeof person === "string" && person.trim() !== "";
