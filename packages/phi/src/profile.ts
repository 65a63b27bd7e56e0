import type { Classification } from "./ports.ts";

/** What a profile says of one variable. */
export interface VariableRule {
  readonly classification: Classification;
  /** Which of HIPAA's 18 identifiers it is, in the order of 45 CFR 164.514(b)(2)(i)(A)–(R); null if none. */
  readonly hipaa: number | null;
  /** Why, where the name doesn't say it. */
  readonly note: string;
}

/** A classification profile: data, by version. A domain's own entry goes before the one for every domain (`*`). */
export interface Profile {
  readonly id: string;
  readonly version: number;
  readonly domains: Readonly<Record<string, Readonly<Record<string, VariableRule>>>>;
}

/** A variable's classification, and whether the profile speaks of it. */
export interface Classified extends VariableRule {
  readonly isKnown: boolean;
}

const UNKNOWN: Classified = Object.freeze({ classification: "phi", hipaa: null, note: "not in the profile: PHI until someone says otherwise", isKnown: false });

/** How a profile classifies a variable. A variable, or a domain, that it doesn't speak of is PHI. */
export function classify(profile: Profile, domain: string, variable: string): Classified {
  const rule = own(own(profile.domains, domain), variable) ?? own(own(profile.domains, "*"), variable);
  return rule === undefined ? UNKNOWN : { ...rule, isKnown: true };
}

const own = <T>(table: Readonly<Record<string, T>> | undefined, name: string): T | undefined => (table !== undefined && Object.hasOwn(table, name) ? table[name] : undefined);
