/** The chain in which the acts on something are recorded: its site's; `system`, where it is a whole study's or the deployment's. */
export const chainOf = ({ study, site }: { readonly study: string; readonly site: string | null }): string => (site === null ? "system" : `site:${study}/${site}`);
