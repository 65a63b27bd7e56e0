import type { OutputOf } from "../api/procedures.ts";

export type Profile = OutputOf<"profiles.get">;
export type ProfileRow = OutputOf<"profiles.list">["profiles"][number];
export type Change = Profile["changes"][number];
export type Classification = Profile["domains"][number]["variables"][number]["classification"];

/** One variable of a profile with its domain. */
export interface Variable {
  readonly domain: string;
  readonly name: string;
  readonly classification: Classification;
  readonly hipaa: number | null;
  readonly kind: string;
  readonly note: string;
}

export const SOURCE_TEXT: Readonly<Record<Profile["source"], string>> = { "dataset-json": "CDISC Dataset-JSON", "fhir-r4": "FHIR R4" };
export const CLASSES: readonly { readonly id: Classification; readonly text: string }[] = [
  { id: "public", text: "public" },
  { id: "regulatory", text: "regulatory" },
  { id: "phi", text: "PHI" },
  { id: "treatment", text: "treatment" },
];

/** A kind as a person reads it. */
export const kindText = (kind: string): string => kind.replace("_", " ");

/** `DM.AGE`, or `every domain: STUDYID`. */
export const variableName = ({ domain, name }: Pick<Variable, "domain" | "name">): string => (domain === "*" ? `every domain: ${name}` : `${domain}.${name}`);

export const variablesOf = ({ domains }: Pick<Profile, "domains">): readonly Variable[] =>
  domains.flatMap(({ domain, variables }) => variables.map((variable) => ({ domain, ...variable })));

/** What people type, against a variable's name, kind and note. */
export const matches = (variable: Variable, text: string, only: Classification | null): boolean =>
  (only === null || variable.classification === only) && `${variableName(variable)} ${kindText(variable.kind)} ${variable.note}`.toLowerCase().includes(text.trim().toLowerCase());

/** Edited classifications, by `DOMAIN name`. */
export type Edits = ReadonlyMap<string, Classification>;
export const editKey = ({ domain, name }: Pick<Variable, "domain" | "name">): string => `${domain} ${name}`;

interface Document {
  version: number;
  readonly domains: Record<string, Record<string, { classification: Classification }>>;
}

/** The next version of a profile's document with the edits in it. */
export function draftWith(document: string, edits: Edits): string {
  const draft = JSON.parse(document) as Document;
  draft.version += 1;
  for (const [key, classification] of edits) {
    const [domain = "", name = ""] = key.split(" ");
    const rule = draft.domains[domain]?.[name];
    if (rule !== undefined) rule.classification = classification;
  }
  return JSON.stringify(draft, null, 2);
}

/** What a change of one variable says, in words. */
export const ruleText = (rule: Change["before"]): string =>
  rule === null ? "not in the profile: PHI" : [CLASSES.find(({ id }) => id === rule.classification)?.text ?? rule.classification, kindText(rule.kind)].join(", ");

export const DIRECTION_TEXT = {
  tighter: { text: "shows less", tone: "stands" },
  looser: { text: "shows more", tone: "caution" },
  same: { text: "shows the same", tone: "neutral" },
} as const;
