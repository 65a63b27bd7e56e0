import { ListProfilesInput, ListProfilesOutput } from "@sallyport/contracts";
import { sha256Hex } from "@sallyport/crypto";
import type { Boundary } from "../../boundary/procedure.ts";
import type { ApiDeps } from "../../ports.ts";
import { locateSites } from "../site-place.ts";
import { readStored, studiesReached } from "./shown-profile.ts";

/** The profiles as they are in force, and whether each is what was signed. What can't be read as a profile at all is left out: nothing goes by it. */
export const listProfiles = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read(
    { action: "profile.read", resource: "profile", input: ListProfilesInput, output: ListProfilesOutput, locate: () => locateSites(deps, {}) },
    async ({ grant, trace }) => {
      const studiesOf = await studiesReached(deps, grant.sites);
      const { profiles } = await deps.profileStore.snapshot();
      trace.note({ shown: profiles.length });
      return {
        profiles: profiles
          .flatMap((stored) => {
            const read = readStored(deps, stored);
            if (read === null) return [];
            const { title, source, domains } = read.profile;
            const variables = Object.values(domains).reduce((sum, rules) => sum + Object.keys(rules).length, 0);
            return [
              { profile: stored.id, version: stored.version, title, source, digest: sha256Hex(stored.canonical), signed: read.isSigned, variables, studies: studiesOf(stored.id) },
            ];
          })
          .toSorted((a, b) => (a.profile < b.profile ? -1 : 1)),
      };
    },
  );
