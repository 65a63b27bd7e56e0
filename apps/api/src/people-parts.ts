import {
  type ApiDeps,
  type Credentials,
  type IdentityProvider,
  LaterRecords,
  type PasskeyCeremonies,
  type PeopleDeps,
  PeopleKey,
  PersonStepUp,
  type SessionDesk,
  type SessionLimits,
} from "@sallyport/api";
import { pooledRandom } from "@sallyport/crypto";
import type { Custodian } from "@sallyport/custody";
import type { Tx } from "@sallyport/db";
import { assertionOptions, claimedAssertion, registrationOptions, type RelyingParty, verifyAssertion, verifyRegistration } from "@sallyport/passkey";
import { LOCKOUT, PasswordHasher } from "@sallyport/people";

const DEADLINE_MS = 1500;
/** A generation is verified from its first record before it is put down as archived. */
const ARCHIVE_DEADLINE_MS = 120_000;
const CEREMONY_MS = 5 * 60_000;

/** The custodian's verb `approve` as the port of credentials. Founding ends for good, so once it has, nobody is asked again. */
function credentialsOf(custodian: Pick<Custodian, "approve">): Credentials {
  let isFounded = false;
  return {
    async founding(secret) {
      if (isFounded) return { foundersLeft: 0, founder: null };
      const answer = await custodian.approve({ kind: "founding", ...(secret !== undefined && { secret }) }, DEADLINE_MS);
      isFounded = answer.foundersLeft === 0;
      return answer;
    },
    enrol: (person, attestation, basis) => custodian.approve({ kind: "enrol", person, attestation, basis }, DEADLINE_MS),
    approve: (statement, person, response) => custodian.approve({ kind: "approve", statement, person, response }, DEADLINE_MS),
    sign: (manifest, response) => custodian.approve({ kind: "sign", manifest, response }, DEADLINE_MS),
    release: (statement, response) => custodian.approve({ kind: "release", statement, response }, DEADLINE_MS),
    archive: (statement, response, manifest) => custodian.approve({ kind: "archive", statement, response, manifest }, ARCHIVE_DEADLINE_MS),
    forget: (person, credentialIds, approval) => custodian.approve({ kind: "forget", person, credentialIds, approval }, DEADLINE_MS),
  };
}

/** WebAuthn with the console as relying party. */
const ceremoniesOf = (party: RelyingParty): PasskeyCeremonies => ({
  registrationOptions: ({ person, ...request }) => registrationOptions({ ...request, party, userHandle: person, timeoutMs: CEREMONY_MS }),
  verifyRegistration: (challenge, response) => verifyRegistration({ party, challenge }, response),
  assertionOptions: (challenge, allow) => assertionOptions({ party, challenge, allow, timeoutMs: CEREMONY_MS }),
  claimed: (response, code) => claimedAssertion(response, code).credentialId,
  verifyAssertion: async (challenge, passkey, response, code) => (await verifyAssertion({ party, challenge, passkey, code }, response)).counter,
});

/** What the boundary has of people, and what signing in has beside it. */
export interface PeopleParts {
  readonly ports: Pick<ApiDeps<Tx>, "people" | "peopleKey" | "sessionLimits" | "random" | "stepUp" | "credentials" | "passkeys" | "provider">;
  readonly later: LaterRecords;
  /** All that signing in needs, over the ports that the boundary was given. */
  readonly signIn: (ports: ApiDeps<Tx>) => PeopleDeps<Tx>;
}

/** Puts people together: stores, the custodian's credentials, WebAuthn, hashing and lockout. */
export function peopleParts(parts: {
  readonly base: Pick<ApiDeps<Tx>, "now" | "references" | "keys" | "knocks" | "read" | "people">;
  readonly custodian: Pick<Custodian, "approve" | "mint">;
  readonly party: RelyingParty;
  readonly provider: IdentityProvider | null;
  readonly sessions: SessionDesk;
  readonly limits: SessionLimits;
}): PeopleParts {
  const { base, custodian, sessions, limits } = parts;
  const { now, knocks, people } = base;
  const key = new PeopleKey(base.references, base.keys);
  const hasher = new PasswordHasher();
  const later = new LaterRecords();
  const credentials = credentialsOf(custodian);
  const passkeys = ceremoniesOf(parts.party);
  const shared = { now, key, hasher, later, knocks, lockout: LOCKOUT, transaction: base.read };
  return {
    ports: {
      people,
      peopleKey: key,
      sessionLimits: limits,
      random: pooledRandom,
      stepUp: new PersonStepUp<Tx>({ ...shared, stores: people, credentials, passkeys }),
      credentials,
      passkeys,
      provider: parts.provider,
    },
    later,
    signIn: (ports) => ({
      ...shared,
      random: ports.random,
      stores: ports.people,
      credentials: ports.credentials,
      passkeys: ports.passkeys,
      provider: ports.provider,
      policy: ports.policy,
      trail: ports.trail,
      evidence: ports.evidence,
      mint: { mint: (request) => custodian.mint(request, DEADLINE_MS) },
      sessions,
      limits,
    }),
  };
}
