import type { GetProfileOutput } from "@sallyport/contracts";
import { type Classified, type Profile, readProfile, type RuleChange, type StoredProfile } from "@sallyport/phi";
import { siteKey, type SiteRef } from "@sallyport/policy";
import type { z } from "zod";
import type { ApiDeps } from "../../ports.ts";

type Change = z.input<typeof GetProfileOutput>["changes"][number];

const ruleOf = ({ isKnown, classification, hipaa, kind, note }: Classified): Change["after"] => (isKnown ? { classification, hipaa, kind, note } : null);

/** A change of one variable as the contracts show it. */
export const shownChange = ({ domain, variable, before, after, direction }: RuleChange): Change => ({ domain, variable, before: ruleOf(before), after: ruleOf(after), direction });

/** A stored version that can be read, and whether it is what was signed; null for what isn't a profile at all. */
export function readStored<Tx>(
  { profiles }: Pick<ApiDeps<Tx>, "profiles">,
  { id, version, canonical, note }: StoredProfile,
): { readonly profile: Profile; readonly isSigned: boolean } | null {
  try {
    const profile = readProfile(canonical);
    return { profile, isSigned: profile.id === id && profile.version === version && profiles.isSigned(note, canonical) };
  } catch {
    return null;
  }
}

/** The studies of a profile that a crossing reaches, by the sites that it was granted. */
export async function studiesReached<Tx>(deps: Pick<ApiDeps<Tx>, "studies">, sites: readonly SiteRef[]): Promise<(profile: string) => string[]> {
  const mine = new Set(sites.map(siteKey));
  const studies = (await deps.studies.all()).filter(({ id, sites: each }) => each.some((site) => mine.has(siteKey({ study: id, site: site.id }))));
  return (profile) => studies.filter((study) => study.profile === profile).map(({ id }) => id);
}
