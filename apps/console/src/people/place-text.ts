/** Where an assignment holds, in words. */
export function placeText({ study, site }: { readonly study: string; readonly site: string }): string {
  if (study === "*") return "everywhere";
  return site === "*" ? `all sites of ${study}` : `${study} / ${site}`;
}
