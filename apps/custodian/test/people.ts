import { randomBytes } from "node:crypto";
import { approvalStatement, type ApprovalStatement } from "@sallyport/audit";
import { newId, sha256 } from "@sallyport/crypto";
import type { EnrolmentBasis } from "@sallyport/custody";
import { openFoundingLinks } from "@sallyport/custody/credentials";
import { registrationOptions } from "@sallyport/passkey";
import { type Misbehaviour, SoftwareAuthenticator } from "@sallyport/passkey/testing";
import { PARTY, type Running } from "./running.ts";

/** Somebody with an authenticator in hand. */
export interface Person {
  readonly id: string;
  readonly authenticator: SoftwareAuthenticator;
}

export const person = (options: ConstructorParameters<typeof SoftwareAuthenticator>[1] = {}): Person => ({
  id: newId("per"),
  authenticator: new SoftwareAuthenticator(PARTY, options),
});

/** A new credential of this person's, as its attestation object. */
export async function attest({ id, authenticator }: Person): Promise<string> {
  const options = await registrationOptions({
    party: PARTY,
    challenge: randomBytes(32),
    userHandle: id,
    username: "ada",
    printedName: "Ada Lovelace",
    exclude: [],
    timeoutMs: 60_000,
  });
  const { response } = JSON.parse(authenticator.create(options)) as { response: { attestationObject: string } };
  return response.attestationObject;
}

/** Enrols a new credential of this person's upon this basis; the secret of an open founding link unless one is given. */
export async function enrolPerson(running: Running, who: Person, basis?: EnrolmentBasis): Promise<Awaited<ReturnType<Running["client"]["approve"]>>> {
  const [link] = openFoundingLinks(running.custodian.store);
  const attestation = await attest(who);
  return running.client.approve({ kind: "enrol", person: who.id, attestation, basis: basis ?? { kind: "founding", secret: link?.secret ?? "" } }, 2000);
}

/** Two founders, enrolled. */
export async function founders(running: Running): Promise<readonly [Person, Person]> {
  const both = [person(), person()] as const;
  for (const each of both) await enrolPerson(running, each);
  return both;
}

/** The text of a statement that this person asks for, in force now. */
export function statementOf(running: Running, by: Person, over: Partial<ApprovalStatement> = {}): string {
  const now = running.clock.now();
  return approvalStatement({
    deployment: running.custodian.deployment,
    kind: "person.suspend",
    payload: { personId: newId("per") },
    effectDigest: "0".repeat(64),
    needed: 1,
    requestedByPerson: by.id,
    requestedAt: new Date(now).toISOString(),
    nonce: randomBytes(16).toString("base64url"),
    expiresAt: new Date(now + 86_400_000).toISOString(),
    ...over,
  });
}

/** Has this person approve this statement with the authenticator that they hold. */
export const approveAs = (running: Running, who: Person, statement: string, wrong: Misbehaviour = {}): Promise<{ readonly note: string }> =>
  running.client.approve({ kind: "approve", statement, person: who.id, response: who.authenticator.assert(sha256(statement), wrong) }, 2000);
