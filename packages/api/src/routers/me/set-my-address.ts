import { Done, SetMyAddressInput } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import type { Boundary } from "../../boundary/procedure.ts";
import { addressDigest, setAddress } from "../../notices/set-address.ts";
import type { ApiDeps } from "../../ports.ts";
import { locateOwn, ownSession } from "./own-place.ts";

/** What a clock at the other end may be off, and so for how long a proof is good. */
const OFF_MS = 120_000;

/** Says where I am told of what is done in my name, upon a fresh proof; null for nowhere. */
export const setMyAddress = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.change(
    { action: "access.change", resource: "access", input: SetMyAddressInput, output: Done, locate: () => locateOwn(deps) },
    {
      prepare: async ({ input: { address, at, proof }, session, trace }) => {
        const { person } = ownSession(session);
        trace.about(`person/${person}`);
        if (Math.abs(Date.parse(at) - deps.now()) > OFF_MS) throw new SallyportError("input.invalid", { where: ["at: not now"] });
        await deps.stepUp.attest(person, proof, addressDigest(person, address, at));
        trace.note({ notices: address === null ? "off" : "on", proof: proof.kind });
        return person;
      },
      commit: async (tx, { input: { address }, grant }, person) => {
        // Whoever is offboarded meanwhile has no address any more.
        if ((await deps.people.people.lock(tx, person))?.status !== "active") throw new SallyportError("policy.denied");
        await setAddress(deps, tx, { person, address, by: person, request: grant.requestId });
        return { done: true as const };
      },
    },
  );
