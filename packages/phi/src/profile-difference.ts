import { canonicalJson } from "@sallyport/crypto";
import type { Classification } from "./ports.ts";
import { classify, type Classified, isStricter, type Profile, ruleName, stricter, type VariableKind } from "./profile.ts";

/** Whether a change lets more or less through. */
type Direction = "tighter" | "looser" | "same";

/** What a new version says otherwise of one variable. */
export interface RuleChange {
  readonly domain: string;
  readonly variable: string;
  readonly before: Classified;
  readonly after: Classified;
  readonly direction: Direction;
}

/** What a new version says otherwise of where files name subject and site, or of its title. */
interface FrameChange {
  readonly what: "title" | "binding.domain" | "binding.subject" | "binding.site";
  readonly before: string | null;
  readonly after: string;
}

export interface ProfileDifference {
  readonly frame: readonly FrameChange[];
  readonly rules: readonly RuleChange[];
}

const EMPTY: Profile["domains"] = {};
const BY_VALUE: readonly VariableKind[] = ["date", "age"];

/** Compares a version with the one in force, or with nothing: per domain and variable, in order of name. */
export function profileDifference(before: Profile | null, after: Profile): ProfileDifference {
  const [was, is] = [before?.domains ?? EMPTY, after.domains];
  const named = new Map<string, readonly [string, string]>();
  for (const [domain, rules] of [...Object.entries(was), ...Object.entries(is)]) for (const variable of Object.keys(rules)) named.set(`${domain} ${variable}`, [domain, variable]);
  const rules = [...named.values()]
    .map(([domain, variable]) => ({ domain, variable, before: classify({ domains: was }, domain, variable), after: classify({ domains: is }, domain, variable) }))
    .filter((change) => canonicalJson(change.before) !== canonicalJson(change.after))
    .map((change) => ({ ...change, direction: directionOf(change) }))
    .toSorted((a, b) => compare(a.domain, b.domain) || compare(a.variable, b.variable));
  return { frame: frameOf(before, after), rules };
}

function directionOf({ before, after }: Pick<RuleChange, "before" | "after">): Direction {
  if (isStricter(after.classification, before.classification)) return "tighter";
  if (isStricter(before.classification, after.classification)) return "looser";
  // Below PHI it is the kind that keeps dates and great ages back, value by value.
  const judged = ({ kind, classification }: Classified): boolean => BY_VALUE.includes(kind) && !isStricter(classification, "regulatory");
  if (judged(before) && (!judged(after) || before.kind !== after.kind)) return "looser";
  return judged(after) && !judged(before) ? "tighter" : "same";
}

function frameOf(before: Profile | null, after: Profile): readonly FrameChange[] {
  const frames = ({ title, binding: { domain, subject, site } }: Profile): readonly (readonly [FrameChange["what"], string])[] => [
    ["title", title],
    ["binding.domain", domain],
    ["binding.subject", namingText(subject)],
    ["binding.site", namingText(site)],
  ];
  const was = new Map(before === null ? [] : frames(before));
  return frames(after)
    .filter(([what, text]) => was.get(what) !== text)
    .map(([what, text]) => ({ what, before: was.get(what) ?? null, after: text }));
}

const namingText = ({ path, system, prefix }: Profile["binding"]["subject"]): string =>
  [path, system === null ? "" : ` of ${system}`, prefix === "" ? "" : ` behind ${prefix}`].join("");

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** How many current fields of one variable a study has, as they were classified at their release. */
export interface FieldCount {
  readonly study: string;
  readonly domain: string;
  readonly name: string;
  readonly classification: Classification;
  readonly fields: number;
}

/** What a change does to what a study has: how many fields are shown less of at once, and how many are shown more of once they are delivered again. */
export interface StoredEffect {
  readonly study: string;
  readonly tightened: number;
  readonly loosened: number;
}

/** Counts, study by study, what a new version changes of what is stored. */
export function storedEffects(before: Profile | null, after: Profile, studies: readonly string[], counts: readonly FieldCount[]): readonly StoredEffect[] {
  const was = { domains: before?.domains ?? EMPTY };
  return studies.map((study) => {
    let [tightened, loosened] = [0, 0];
    for (const count of counts) {
      if (count.study !== study) continue;
      const name = ruleName(count.name);
      const next = classify(after, count.domain, name).classification;
      const shown = stricter(count.classification, classify(was, count.domain, name).classification);
      if (isStricter(next, shown)) tightened += count.fields;
      else if (isStricter(shown, next)) loosened += count.fields;
    }
    return { study, tightened, loosened };
  });
}
