import { Done, RemoveAuthenticatorInput } from "@sallyport/contracts";
import { sha256Hex } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import type { Boundary } from "../../boundary/procedure.ts";
import { tellOwnAct } from "../../notices/own-act.ts";
import type { ApiDeps } from "../../ports.ts";
import { locateOwn, ownSession } from "./own-place.ts";

/**
 * What a passkey signs to remove one of its person's authenticators, as 64 hex digits. An authenticator's id is never used again, so
 * a proof over it is good for this removal and no other.
 */
export const removalDigest = (person: string, authenticator: string): string => sha256Hex(`sallyport/remove/v1\n${person}\n${authenticator}\n`);

/** Removes one of my authenticators, but not the last. */
export const removeAuthenticator = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.change(
    { action: "access.change", resource: "access", input: RemoveAuthenticatorInput, output: Done, locate: () => locateOwn(deps) },
    {
      prepare: async ({ input, session, trace }) => {
        const { person } = ownSession(session);
        trace.about(`authenticator/${input.authenticatorId}`);
        await deps.stepUp.attest(person, input.proof, removalDigest(person, input.authenticatorId));
        return person;
      },
      commit: async (tx, { input, grant }, person) => {
        const { people } = deps.people;
        // Held, so that of two removals at once the second sees what the first left.
        await people.lock(tx, person);
        const left = await people.count(tx, person);
        const removed = await people.removeAuthenticator(tx, person, input.authenticatorId);
        if (removed === null) throw new SallyportError("policy.denied");
        if (left <= 1) throw new SallyportError("people.last_authenticator");
        const { requestId: request } = grant;
        await tellOwnAct(deps, tx, {
          kind: "proof.used",
          person,
          act: "remove an authenticator",
          about: `authenticator/${input.authenticatorId}`,
          method: input.proof.kind,
          request,
        });
        // The last: the custodian forgets for good, and a transaction may still be rolled back.
        if (removed.credentialId !== null) await deps.credentials.forget(person, [removed.credentialId], null);
        return { done: true as const };
      },
    },
  );
