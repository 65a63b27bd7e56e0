import { SallyportError } from "@sallyport/errors";
import { canonicalProfile, type Profile, profileDifference, profileDigest, type ProfileDifference, readProfile, type StoredEffect, storedEffects } from "@sallyport/phi";
import type { Grant } from "@sallyport/policy";
import type { ApiDeps } from "../ports.ts";

/** A draft as it is kept: what is asked for is its digest. */
export function draftOf(document: string): { readonly digest: string; readonly canonical: string } {
  const profile = readProfile(document);
  return { digest: profileDigest(profile), canonical: canonicalProfile(profile) };
}

/** A draft beside the version in force. */
export interface ComparedDraft {
  readonly after: Profile;
  readonly before: Profile | null;
  readonly difference: ProfileDifference;
}

/**
 * Compares a draft with the version in force.
 *
 * @throws SallyportError `profile.invalid` for what isn't a profile, is one for other files than before, or says nothing otherwise;
 * `profile.version` unless it is the next version.
 */
export function compareDraft<Tx>(deps: Pick<ApiDeps<Tx>, "profiles">, document: string): ComparedDraft {
  const after = readProfile(document);
  const before = deps.profiles.inForce(after.id);
  if (after.version !== (before?.version ?? 0) + 1) throw new SallyportError("profile.version", { profile: after.id, version: after.version });
  if (before !== null && before.source !== after.source)
    throw new SallyportError("profile.invalid", { where: ["source: another one than before; make a new profile for other files"] });
  const difference = profileDifference(before, after);
  if (difference.frame.length + difference.rules.length === 0) throw new SallyportError("profile.invalid", { where: ["the document: says what the version in force says"] });
  return { after, before, difference };
}

/** What a change does to what each study that uses the profile has stored, counted now. */
export async function countStored<Tx>(
  deps: Pick<ApiDeps<Tx>, "profiles" | "profileStore" | "read">,
  grant: Grant,
  { after, before, difference }: ComparedDraft,
): Promise<readonly StoredEffect[]> {
  const names = [...new Set(difference.rules.filter(({ direction }) => direction !== "same").map(({ variable }) => variable))];
  const counts = await deps.read((tx) => deps.profileStore.countFields(tx, grant, after.id, names));
  return storedEffects(before, after, deps.profiles.studiesOf(after.id), counts);
}

/** The payload of a request: which version, by its digest, and what was counted when it was asked for: releases go on while others think about it. */
export async function profilePayload<Tx>(deps: ApiDeps<Tx>, grant: Grant, document: string) {
  const compared = compareDraft(deps, document);
  const stored = await countStored(deps, grant, compared);
  return {
    profile: compared.after.id,
    version: String(compared.after.version),
    digest: profileDigest(compared.after),
    countedAt: new Date(deps.now()).toISOString(),
    stored: stored.map(({ study, tightened, loosened }) => `${study} ${tightened} ${loosened}`),
  };
}
