import { VerifyChainsInput, VerifyChainsOutput } from "@sallyport/contracts";
import type { Boundary } from "../../boundary/procedure.ts";
import type { ApiDeps } from "../../ports.ts";
import { placeOfChains } from "./chain-place.ts";

/** Has the custodian verify chains deeply, with the audit key, now. Without names: every chain, for a role over the deployment. */
export const verifyChains = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read(
    {
      action: "trail.verify",
      resource: "trail",
      input: VerifyChainsInput,
      output: VerifyChainsOutput,
      whenFrozen: "serve",
      locate: async ({ chains }) => {
        const named = chains ?? [];
        return { place: named.length === 0 ? { kind: "deployment" } : await placeOfChains(deps, named), found: null };
      },
    },
    async ({ input, grant, trace }) => {
      const verdicts = await deps.archive.verify(grant, input.chains ?? ["*"]);
      const broken = verdicts.filter((verdict) => verdict.broken !== null);
      trace.note({ chains: verdicts.length, broken: broken.length });
      return { whole: broken.length === 0, chains: verdicts.map((verdict) => ({ ...verdict })) };
    },
  );
