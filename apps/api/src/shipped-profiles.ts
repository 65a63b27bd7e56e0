import type { ApiDeps, EventLog } from "@sallyport/api";
import type { RecordDraft } from "@sallyport/audit";
import { newId } from "@sallyport/crypto";
import type { Custodian } from "@sallyport/custody";
import { codeOf, SallyportError } from "@sallyport/errors";
import { canonicalProfile, type Profile, profileLabel, type ProfileStore, shippedProfiles } from "@sallyport/phi";

const DEADLINE_MS = 5000;

export interface ShippedProfilesDeps<Tx> extends Pick<ApiDeps<Tx>, "trail" | "now"> {
  readonly profileStore: Pick<ProfileStore<Tx>, "versions" | "insert">;
  readonly custodian: Pick<Custodian, "sign">;
}

/**
 * Stores the profiles that come with this version, each signed by the custodian, which knows them by digest, and on record in the transaction
 * that makes it so. One of which there is a version stays as it is. So a deployment has them from its first start with this version.
 *
 * @throws SallyportError `verb.refused`, `trail.unavailable`; what was stored before stays.
 */
export async function keepShippedProfiles<Tx>(deps: ShippedProfilesDeps<Tx>, shipped: readonly Profile[] = shippedProfiles): Promise<void> {
  for (const profile of shipped) {
    if ((await deps.profileStore.versions(profile.id)).length > 0) continue;
    const canonical = canonicalProfile(profile);
    const [note] = (await deps.custodian.sign({ kind: "profile", canonical, statement: null }, DEADLINE_MS)).notes;
    if (note === undefined) throw new SallyportError("profile.unsigned");
    await deps.trail
      .inTransaction(async (tx, appendLast) => {
        await deps.profileStore.insert(tx, { id: profile.id, version: profile.version, canonical, note, approval: null, atMs: deps.now() });
        await appendLast([draft(profile)]);
      })
      .catch((error: unknown) => {
        // Another node was first: what stands is what was wanted.
        if (codeOf(error) !== "profile.version") throw error;
      });
  }
}

/** The same at a start: a deployment that was founded before it had them gets them now; where that can't be done, at its next start. Never throws. */
export async function keepProfilesAtStart<Tx>(
  deps: ShippedProfilesDeps<Tx> & { readonly policies: { snapshot(): Promise<{ readonly active: unknown }> }; readonly log: Pick<EventLog, "event"> },
): Promise<void> {
  try {
    // Founding does it by itself, and before it there is no trail to put it on.
    if ((await deps.policies.snapshot()).active !== null) await keepShippedProfiles(deps);
  } catch (error) {
    deps.log.event("profiles.missing", { code: codeOf(error) });
  }
}

const draft = (profile: Profile): RecordDraft => ({
  chain: "system",
  principal: "operator",
  role: "-",
  workload: "setup",
  action: "profile.activate",
  resource: `profile/${profileLabel(profile)}`,
  site: "-",
  decision: "note",
  reason: "founding",
  request_id: newId("req"),
  policy: "-",
  detail: "shipped=true",
});
