import { LinkProviderInput, LinkProviderOptionsInput, LinkProviderOptionsOutput, LinkProviderOutput } from "@sallyport/contracts";
import { canonicalJson, newId, sha256Hex } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import type { Session } from "@sallyport/people";
import type { Boundary } from "../../boundary/procedure.ts";
import { beginVisit, providerOf, requestOf } from "../../people/provider-ceremony.ts";
import { identitySummary } from "../../people/summaries.ts";
import { tellOwnAct } from "../../notices/own-act.ts";
import type { ApiDeps } from "../../ports.ts";
import { locateOwn, ownSession } from "./own-place.ts";

/**
 * What a passkey signs to link the identity that the provider answers with under this state, as 64 hex digits. A state is never used
 * again, so a proof over it is good for this link and no other.
 */
export const linkDigest = (person: string, state: string): string => sha256Hex(`sallyport/link/v1\n${person}\n${state}\n`);

/** The person, and the session in which the visit began: who else comes back with its answer has nothing of it. */
const bindingOf = ({ person, id }: Session): string => canonicalJson([person, id]);

/** Where my browser goes to show an identity of mine at the external provider. */
export const linkProviderOptions = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read(
    { action: "access.change", resource: "access", input: LinkProviderOptionsInput, output: LinkProviderOptionsOutput, locate: () => locateOwn(deps) },
    async ({ session, trace }) => {
      const own = ownSession(session);
      const { now, random, provider, people, peopleKey } = deps;
      trace.about("identity");
      const url = await beginVisit({ now, random, provider, stores: people, key: peopleKey }, { purpose: "provider_link", binding: bindingOf(own), expected: "" });
      return { url };
    },
  );

/**
 * Links the identity that the provider answered with to me, by what I sign in with here: afterwards it signs me in too. `enrolment.refused`
 * for an answer to anything but my own visit, one that proves nobody, and an identity that is somebody's already.
 */
export const linkProvider = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.change(
    { action: "access.change", resource: "access", input: LinkProviderInput, output: LinkProviderOutput, locate: () => locateOwn(deps) },
    {
      prepare: async ({ input, session, trace }) => {
        const own = ownSession(session);
        const { people, peopleKey, stepUp, now } = deps;
        const provider = providerOf(deps.provider);
        trace.about("identity");
        const request = await requestOf(peopleKey, input.query);
        const begun = request === null ? null : await people.ceremonies.read(request.id, "provider_link", now());
        if (request === null || begun?.binding !== bindingOf(own)) throw new SallyportError("enrolment.refused");
        await stepUp.attest(own.person, input.proof, linkDigest(own.person, request.state));
        // A proof that was mistyped may be tried again; the provider's answer counts once.
        if ((await people.ceremonies.take(request.id, "provider_link", now())) === null) throw new SallyportError("enrolment.refused");
        const proven = await provider.identify(input.query, request);
        if (proven === null) throw new SallyportError("enrolment.refused");
        const identity = { id: newId("idn"), person: own.person, issuer: proven.issuer, name: await peopleKey.identityOf(proven.issuer, proven.subject), linkedAtMs: now() };
        trace.about(`identity/${identity.id}`);
        trace.note({ kind: "provider", proof: input.proof.kind });
        return identity;
      },
      commit: async (tx, { input, grant }, identity) => {
        // Held, so that a recovery in the same moment leaves nothing of it behind.
        if ((await deps.people.people.lock(tx, identity.person))?.status !== "active") throw new SallyportError("enrolment.refused");
        await deps.people.identities.link(tx, identity);
        const own = { person: identity.person, act: "link an identity", about: `identity/${identity.id}`, method: input.proof.kind };
        await tellOwnAct(deps, tx, { kind: "proof.used", ...own, request: grant.requestId });
        return { identity: identitySummary({ ...identity, lastUsedAtMs: null }) };
      },
    },
  );
