import type { OutputOf } from "../api/procedures.ts";

export type Study = OutputOf<"studies.list">["studies"][number];
export type Site = Study["sites"][number];

export const STUDY_ID = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}$/;
export const SITE_ID = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,19}$/;
const COUNTRY = /^[A-Z]{3}$/;

/** A site as it is typed. */
export interface SiteDraft {
  readonly site: string;
  readonly name: string;
  readonly country: string;
}

export const NO_SITE: SiteDraft = { site: "", name: "", country: "" };

/** What is missing of a site that is to be registered; `taken` are ids that are there already. */
export function siteFaults({ site, name, country }: SiteDraft, taken: readonly string[]): Partial<Record<keyof SiteDraft, string>> {
  return {
    ...(!SITE_ID.test(site) && { site: "Up to twenty letters, digits, dots, dashes and underscores." }),
    ...(taken.includes(site) && { site: "There is such a site already." }),
    ...(name.trim().length < 2 && { name: "Enter the site's name." }),
    ...(!COUNTRY.test(country) && { country: "Three capital letters, as USA." }),
  };
}

/** Sites of a study that a filter's words match. */
export function sitesShown(sites: readonly Site[], text: string): readonly Site[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return sites.filter(({ site, name, country, closedAt }) => {
    const all = `${site} ${name} ${country} ${closedAt === null ? "open" : "closed"}`.toLowerCase();
    return words.every((word) => all.includes(word));
  });
}
