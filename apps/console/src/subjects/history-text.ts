import type { OutputOf } from "../api/procedures.ts";
import { domainTitle, partsOf, variableLabel } from "./sdtm-names.ts";

export type Version = OutputOf<"subjects.history">["versions"][number];

/** Which record of a subject a history is of. `at` counts it from 1 where its domain has several. */
export interface HistoryOf {
  readonly domain: string;
  readonly record: string;
  readonly at?: number;
}

/** What the record is called; it holds no value. */
export const recordName = ({ domain, at }: HistoryOf): string => (at === undefined ? domainTitle(domain) : `${domainTitle(domain)}, record ${at.toLocaleString("en-GB")}`);

const nameOf = (field: string): string => {
  const [domain, variable] = partsOf(field);
  return variableLabel(domain, variable) ?? variable;
};

/** What a version changed, in words. A first version changed nothing: it brought the record. */
export function changeText({ version, changed }: Pick<Version, "version" | "changed">): string {
  if (version === 1) return "The record came with this version.";
  if (changed === null) return "What changed was not noted.";
  if (changed.length === 0) return "What changed is nothing that you may know of.";
  return `Changed: ${changed.map(nameOf).join(", ")}.`;
}

/** A version's fields, those that it changed first; each group in the order in which they came. */
export function changedFirst({ fields, changed }: Pick<Version, "fields" | "changed">): readonly (Version["fields"][number] & { readonly isChanged: boolean })[] {
  const names = new Set(changed ?? []);
  const marked = fields.map((field) => ({ ...field, isChanged: names.has(field.field) }));
  return [...marked.filter(({ isChanged }) => isChanged), ...marked.filter(({ isChanged }) => !isChanged)];
}
