import type { FieldValue } from "./dataset.ts";
import { parentDomain } from "./record-identity.ts";
import type { Classification } from "./ports.ts";
import { classOfValue } from "./value-class.ts";

/** What sort of thing a variable's values are. A `date` or an `age` that is less than PHI is judged value by value; a `free_text` can't be less. */
export const VARIABLE_KINDS = [
  "administrative",
  "identifier",
  "name",
  "contact",
  "place",
  "date",
  "age",
  "person",
  "clinical",
  "free_text",
  "device",
  "image",
  "investigator",
  "treatment",
] as const;
export type VariableKind = (typeof VARIABLE_KINDS)[number];

/** What a profile says of one variable. */
export interface VariableRule {
  readonly classification: Classification;
  /** Which of HIPAA's 18 identifiers it is, in the order of 45 CFR 164.514(b)(2)(i)(A)–(R); null if none. */
  readonly hipaa: number | null;
  readonly kind: VariableKind;
  /** Why, where the name doesn't say it. */
  readonly note: string;
}

/** Where a file says who or where. In FHIR R4 an identifier is the one of a `system`; of a reference, what stands behind the `prefix`. */
export interface Naming {
  readonly path: string;
  readonly system: string | null;
  readonly prefix: string;
}

/** The domain that binds a subject to its site, one record a subject, and where its rows name the two. */
export interface Binding {
  readonly domain: string;
  readonly subject: Naming;
  readonly site: Naming;
}

/** What a profile's files are. */
export const PROFILE_SOURCES = ["dataset-json", "fhir-r4"] as const;
export type ProfileSource = (typeof PROFILE_SOURCES)[number];

export type DomainRules = Readonly<Record<string, VariableRule>>;

/**
 * A classification profile: an immutable document, by version. A dataset's own entry goes before that of the domain of which it is a part, and
 * that one before the one for every domain (`*`).
 */
export interface Profile {
  readonly id: string;
  readonly version: number;
  readonly title: string;
  readonly source: ProfileSource;
  readonly binding: Binding;
  readonly domains: Readonly<Record<string, DomainRules>>;
}

/** A variable's classification, and whether the profile speaks of it. */
export interface Classified extends VariableRule {
  readonly isKnown: boolean;
}

const UNKNOWN: Classified = Object.freeze({
  classification: "phi",
  hipaa: null,
  kind: "free_text",
  note: "not in the profile: PHI until someone says otherwise",
  isKnown: false,
});
const ORDER: Readonly<Record<Classification, number>> = { public: 0, regulatory: 1, phi: 2, treatment: 3 };
const KNOWN_MAX = 10_000;
/** The place of an element in a list, which a rule doesn't name. */
const PLACES = /\.\d+(?=\.|$)/g;

/** The variable that a rule names: a FHIR path without the places of its lists' elements. */
export const ruleName = (variable: string): string => variable.replace(PLACES, "");

/** How a profile classifies a variable. A variable, or a domain, that it doesn't speak of is PHI. */
export function classify(profile: Pick<Profile, "domains">, domain: string, variable: string): Classified {
  const name = ruleName(variable);
  const rule = own(own(profile.domains, domain), name) ?? own(own(profile.domains, parentDomain(domain)), name) ?? own(own(profile.domains, "*"), name);
  return rule === undefined ? UNKNOWN : { ...rule, isKnown: true };
}

/** The stricter of classifications: public, regulatory, PHI, treatment. */
export const stricter = (a: Classification, b: Classification): Classification => (ORDER[a] >= ORDER[b] ? a : b);

/** Whether a classification lets less through than another. */
export const isStricter = (a: Classification, than: Classification): boolean => ORDER[a] > ORDER[than];

/** A profile as it stands now, for what is released and what is read. The year is our clock's: by it a year of birth tells an age over 89. */
export class Classifier {
  readonly profile: Profile;
  /** Of our clock. */
  readonly year: number;
  /** What was asked before: a release asks for each value of each row. */
  readonly #known = new Map<string, Classified>();

  constructor(profile: Profile, year: number) {
    this.profile = profile;
    this.year = year;
  }

  /** What the profile says of a variable. */
  of(domain: string, variable: string): Classified {
    const name = `${domain} ${variable}`;
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const found = classify(this.profile, domain, variable);
    // Names come from files: what is kept of them is bounded.
    if (this.#known.size < KNOWN_MAX) this.#known.set(name, found);
    return found;
  }

  /** The classification of one value of a variable: the profile's, or PHI where the value itself is an identifier (45 CFR 164.514(b)(2)(i)(C)). */
  ofValue(domain: string, variable: string, value: FieldValue): Classification {
    const rule = this.of(domain, variable);
    return stricter(rule.classification, classOfValue(rule, value, this.year));
  }

  /**
   * What a stored field is shown as, before its value is known: the stricter of what it was released with and what the profile says now.
   * So tightening holds at once, and loosening for what is delivered again.
   */
  ofStored({ domain, name, classification }: { readonly domain: string; readonly name: string; readonly classification: Classification }): Classification {
    return stricter(classification, this.of(domain, name).classification);
  }
}

const own = <T>(table: Readonly<Record<string, T>> | undefined, name: string): T | undefined => (table !== undefined && Object.hasOwn(table, name) ? table[name] : undefined);
