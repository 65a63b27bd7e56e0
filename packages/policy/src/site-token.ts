import type { SiteRef } from "./model.ts";

const TOKEN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/**
 * Whether a value can be the id of a study or of a site: 1 to 64 ASCII letters, digits, `.`, `_` and `-`, the first a
 * letter or a digit. ASCII alone, so an id has one spelling: no normal forms, no white space, no wildcard.
 */
export const isSiteToken = (value: unknown): value is string => typeof value === "string" && TOKEN.test(value);

/** Whether a value names one site of one study, whoever made it and whatever its static type says. */
export function isSiteRef(value: unknown): value is SiteRef {
  if (typeof value !== "object" || value === null) return false;
  const { study, site } = value as Partial<Record<keyof SiteRef, unknown>>;
  return isSiteToken(study) && isSiteToken(site);
}
