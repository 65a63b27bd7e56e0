import { GetProfileInput, GetProfileOutput } from "@sallyport/contracts";
import { sha256Hex } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import { type Profile, profileDifference, profileLabel } from "@sallyport/phi";
import type { Boundary } from "../../boundary/procedure.ts";
import type { ApiDeps } from "../../ports.ts";
import { locateSites } from "../site-place.ts";
import { readStored, shownChange, studiesReached } from "./shown-profile.ts";

const byName = (a: readonly [string, unknown], b: readonly [string, unknown]): number => (a[0] < b[0] ? -1 : 1);

/** One version of a profile: what it says of each variable, whether it is what was signed, and what it says otherwise than the one before it. */
export const getProfile = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read(
    {
      action: "profile.read",
      resource: "profile",
      input: GetProfileInput,
      output: GetProfileOutput,
      locate: ({ profile }, trace) => {
        trace.about(`profile/${profile}`);
        return locateSites(deps, {});
      },
    },
    async ({ input, grant, trace }) => {
      const versions = await deps.profileStore.versions(input.profile);
      const [newest] = versions;
      const stored = input.version === undefined ? newest : versions.find(({ version }) => version === input.version);
      const read = stored === undefined ? null : readStored(deps, stored);
      if (stored === undefined || read === null) throw new SallyportError("policy.denied");
      const { profile, isSigned } = read;
      const earlier = versions.find(({ version }) => version === stored.version - 1);
      const before = earlier === undefined ? null : (readStored(deps, earlier)?.profile ?? null);
      trace.note({ version: profileLabel(stored) });
      return {
        profile: stored.id,
        version: stored.version,
        title: profile.title,
        source: profile.source,
        digest: sha256Hex(stored.canonical),
        signed: isSigned,
        inForce: stored === newest,
        document: stored.canonical,
        binding: profile.binding,
        domains: domainsOf(profile),
        changes: before === null ? [] : profileDifference(before, profile).rules.map(shownChange),
        versions: versions.map(({ version, canonical, note, approval, atMs }) => ({
          version,
          digest: sha256Hex(canonical),
          signed: deps.profiles.isSigned(note, canonical),
          approval,
          at: new Date(atMs).toISOString(),
        })),
        studies: (await studiesReached(deps, grant.sites))(stored.id),
      };
    },
  );

const domainsOf = ({ domains }: Profile) =>
  Object.entries(domains)
    .toSorted(byName)
    .map(([domain, rules]) => ({
      domain,
      variables: Object.entries(rules)
        .toSorted(byName)
        .map(([name, rule]) => ({ name, ...rule })),
    }));
