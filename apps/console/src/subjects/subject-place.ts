/** Which subjects a list shows: of a study, or of one of its sites. */
export interface SubjectPlace {
  readonly study?: string;
  readonly site?: string;
}

interface SiteCount {
  readonly study: string;
  readonly site: string;
  readonly count: number;
}

export interface StudyCount {
  readonly study: string;
  readonly count: number;
  readonly sites: readonly { readonly site: string; readonly count: number }[];
}

/** The place of a link's query; a site without its study means nothing. */
export function readPlace(query: URLSearchParams): SubjectPlace {
  const [study, site] = [query.get("study"), query.get("site")];
  if (study === null || !/^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}$/.test(study)) return {};
  return site !== null && /^[A-Za-z0-9][A-Za-z0-9_.-]{0,19}$/.test(site) ? { study, site } : { study };
}

/** The query of a place, with its `?`; nothing for everywhere. */
export function placeQuery({ study, site }: SubjectPlace): string {
  if (study === undefined) return "";
  return `?${new URLSearchParams({ study, ...(site !== undefined && { site }) }).toString()}`;
}

/** The reader's studies with their sites, in the order of their names. */
export function byStudy(counts: readonly SiteCount[]): readonly StudyCount[] {
  const naturally = (a: string, b: string): number => a.localeCompare(b, "en", { numeric: true });
  return [...new Set(counts.map(({ study }) => study))].toSorted(naturally).map((study) => {
    const sites = counts.filter((each) => each.study === study).toSorted((a, b) => naturally(a.site, b.site));
    return { study, count: sites.reduce((total, { count }) => total + count, 0), sites: sites.map(({ site, count }) => ({ site, count })) };
  });
}

/** The domain of a link to a subject; demographics where it names none. */
export const readDomain = (text: string | null): string => (text !== null && /^[A-Z][A-Z0-9]{1,7}$/.test(text) ? text : "DM");

/** The address of a subject's page, at one of its parts. */
export function subjectPath(subjectId: string, { tab, domain }: { readonly tab: string; readonly domain: string }): string {
  const query = new URLSearchParams({ ...(tab === "exposure" && { tab }), ...(domain !== "DM" && { domain }) });
  return `/subjects/${subjectId}${query.size === 0 ? "" : `?${query.toString()}`}`;
}
