import type { OutputOf } from "../api/procedures.ts";
import { type Destination, mayShow, railDestinations } from "../frame/navigation.ts";

export type Ability = OutputOf<"policy.whatCan">["abilities"][number];
export type RightPath = Ability["paths"][number];

/** How long a preview is shown. Rights move on, and a page that is left open would go on saying what was so. */
export const PREVIEW_MS = 15 * 60_000;

/** The pages that somebody's rail offers, and those that it leaves out, by the same rule as the rail itself. */
export function pagesOf(abilities: readonly Ability[]): { readonly offered: readonly Destination[]; readonly leftOut: readonly Destination[] } {
  const actions = new Set(abilities.map(({ action }) => action));
  return { offered: railDestinations.filter((page) => mayShow(page, actions)), leftOut: railDestinations.filter((page) => !mayShow(page, actions)) };
}

/** Acts on one kind of thing, under that kind. */
export function byResource(abilities: readonly Ability[]): readonly { readonly resource: string; readonly abilities: readonly Ability[] }[] {
  const kinds = [...new Set(abilities.map(({ resource }) => resource))].toSorted((a, b) => a.localeCompare(b, "en"));
  return kinds.map((resource) => ({ resource, abilities: abilities.filter((ability) => ability.resource === resource) }));
}

/** Where a right holds: every place once, those that reach furthest first. */
export const placesOf = (paths: readonly RightPath[]): readonly Pick<RightPath, "study" | "site">[] => {
  const places = new Map(paths.map(({ study, site }) => [`${study}/${site}`, { study, site }]));
  return [...places].toSorted(([a], [b]) => a.localeCompare(b, "en")).map(([, place]) => place);
};

/** What becomes of each class of fields, over all the ways to a right: what one of them opens is open. */
export function fieldsOf(paths: readonly RightPath[]): { readonly readable: readonly string[]; readonly masked: readonly string[] } {
  const readable = [...new Set(paths.flatMap((path) => path.readable))];
  const masked = [...new Set(paths.flatMap((path) => path.masked))].filter((one) => !readable.includes(one));
  return { readable, masked };
}
