import { AddPasskeyInput, AddPasskeyOutput, PasskeyOptionsInput, PasskeyOptionsOutput } from "@sallyport/contracts";
import { newId } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import type { Boundary } from "../../boundary/procedure.ts";
import { CEREMONY_MS } from "../../people/people-deps.ts";
import { authenticatorSummary } from "../../people/summaries.ts";
import { tellOwnAct } from "../../notices/own-act.ts";
import type { ApiDeps } from "../../ports.ts";
import { locateOwn, ownSession } from "./own-place.ts";

const CHALLENGE_BYTES = 32;

/** A challenge for a new passkey of mine. */
export const passkeyOptions = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read(
    { action: "access.change", resource: "access", input: PasskeyOptionsInput, output: PasskeyOptionsOutput, locate: () => locateOwn(deps) },
    async ({ session, trace }) => {
      const { person: me } = ownSession(session);
      const person = await deps.people.people.byId(me);
      if (person === null) throw new SallyportError("policy.denied");
      const exclude = (await deps.people.people.passkeys(me)).map(({ credentialId }) => credentialId);
      const challenge = deps.random(CHALLENGE_BYTES);
      const ceremony = newId("cer");
      await deps.people.ceremonies.put({ id: ceremony, purpose: "add_passkey", binding: me, expected: challenge.toString("base64url"), expiresMs: deps.now() + CEREMONY_MS });
      trace.note({ ceremony });
      const { username, printedName } = person;
      return { ceremony, options: await deps.passkeys.registrationOptions({ challenge, person: me, username, printedName, exclude }) };
    },
  );

/**
 * Adds a passkey of mine, by what I have already: an assertion over `enrolmentDigest` of the new one, which the custodian verifies, or
 * password and code, which makes it the api's word.
 */
export const addPasskey = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.change(
    { action: "access.change", resource: "access", input: AddPasskeyInput, output: AddPasskeyOutput, locate: () => locateOwn(deps) },
    {
      prepare: async ({ input, session, trace }) => {
        const { person } = ownSession(session);
        const ceremony = await deps.people.ceremonies.take(input.ceremony, "add_passkey", deps.now());
        if (ceremony?.binding !== person) throw new SallyportError("enrolment.refused");
        const { attestationObject, ...credential } = await deps.passkeys.verifyRegistration(Buffer.from(ceremony.expected, "base64url"), input.response);
        await deps.stepUp.withOwn(person, input.proof, (response) => deps.credentials.enrol(person, attestationObject, { kind: "own", response }));
        const authenticator = { id: newId("aut"), person, kind: "passkey" as const, label: input.label, basis: "own" as const, addedAtMs: deps.now(), lastUsedAtMs: null };
        trace.about(`authenticator/${authenticator.id}`);
        trace.note({ kind: "passkey", proof: input.proof.kind });
        return { ...authenticator, ...credential };
      },
      commit: async (tx, { input, grant }, passkey) => {
        await deps.people.people.addPasskey(tx, passkey);
        const own = { person: passkey.person, act: "add a passkey", about: `authenticator/${passkey.id}`, method: input.proof.kind };
        await tellOwnAct(deps, tx, { kind: "proof.used", ...own, request: grant.requestId });
        return { authenticator: authenticatorSummary(passkey) };
      },
    },
  );
