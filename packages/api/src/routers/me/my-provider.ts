import { MyProviderInput, MyProviderOutput } from "@sallyport/contracts";
import type { Boundary } from "../../boundary/procedure.ts";
import { identitySummary } from "../../people/summaries.ts";
import type { ApiDeps } from "../../ports.ts";
import { locateOwn, ownSession } from "./own-place.ts";

/** By which external provider I could sign in, and which identities I have linked. */
export const myProvider = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read(
    { action: "access.read", resource: "access", input: MyProviderInput, output: MyProviderOutput, whenFrozen: "serve", locate: () => locateOwn(deps) },
    async ({ session }) => {
      const { person } = ownSession(session);
      return { issuer: deps.provider?.issuer ?? null, identities: (await deps.people.identities.of(person)).map(identitySummary) };
    },
  );
