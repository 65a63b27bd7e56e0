import { ListChainsInput, ListChainsOutput } from "@sallyport/contracts";
import type { Boundary } from "../../boundary/procedure.ts";
import type { ApiDeps } from "../../ports.ts";
import { locateSites } from "../site-place.ts";

/** The chains of the caller's sites, and `system` for a caller whose role holds over the deployment. */
export const listChains = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read(
    { action: "trail.read", resource: "trail", input: ListChainsInput, output: ListChainsOutput, whenFrozen: "serve", locate: () => locateSites(deps, {}) },
    async ({ grant, trace }) => {
      const assignments = deps.policy.current().principals.get(grant.principal)?.assignments ?? [];
      const overDeployment = assignments.some(({ role, study, site }) => role === grant.role && study === "*" && site === "*");
      const chains = await deps.archive.chains(grant, overDeployment);
      trace.note({ shown: chains.length });
      return { chains: [...chains] };
    },
  );
