import { approvalDigest, type ApprovalStatement, enrolmentDigest, openNote, parseApprovalNote } from "@sallyport/audit";
import { newId, sha256, sha256Hex } from "@sallyport/crypto";
import { isEnrolled, openFoundingLinks, settleFoundingLinks } from "@sallyport/custody/credentials";
import { codeOf } from "@sallyport/errors";
import { expect, test } from "vitest";
import { approveAs, attest, enrolPerson, founders, person, type Person, statementOf } from "../test/people.ts";
import { type Running, start } from "../test/running.ts";

const SECRET = "s".repeat(43);
const outcome = (work: Promise<unknown>): Promise<string> => work.then(() => "done", codeOf);
const events = async ({ client }: Running, action: string): Promise<readonly { readonly resource: string; readonly detail: string }[]> =>
  (await client.status({}, 2000)).events.filter((event) => event.action === action);
const left = async ({ client }: Running): Promise<number> => (await client.status({}, 2000)).foundersLeft;
const secrets = (running: Running): readonly string[] => openFoundingLinks(running.custodian.store).map(({ secret }) => secret);
const noteOf = async (running: Running, { note }: { readonly note: string }): Promise<ReturnType<typeof parseApprovalNote>> =>
  parseApprovalNote(openNote(note, (await running.client.status({}, 2000)).checkpointKey.vkey));
const digestBytes = (hex: string): Buffer => Buffer.from(hex, "hex");

test("a new deployment has two founding links, keeps them over a restart, and each enrols one founder, once and for good", async () => {
  let running = await start();
  const [one, two] = secrets(running);
  expect(secrets(running)).toEqual([expect.stringMatching(/^[A-Za-z0-9_-]{43}$/), expect.stringMatching(/^[A-Za-z0-9_-]{43}$/)]);
  running = await running.restart();
  expect(secrets(running)).toEqual([one, two]);
  expect(await running.client.approve({ kind: "founding", secret: two as string }, 2000)).toEqual({ foundersLeft: 2, founder: 2, used: null });
  expect(await running.client.approve({ kind: "founding", secret: SECRET }, 2000)).toEqual({ foundersLeft: 2, founder: null, used: null });

  const ada = person();
  expect(await enrolPerson(running, ada, { kind: "founding", secret: two as string })).toEqual({
    foundersLeft: 1,
    credentialId: ada.authenticator.credentialIds[0],
    standing: "proven",
  });
  expect(await outcome(enrolPerson(running, person(), { kind: "founding", secret: two as string }))).toBe("enrolment.invalid");
  expect(await outcome(enrolPerson(running, person(), { kind: "founding", secret: SECRET }))).toBe("enrolment.invalid");
  const bob = person();
  expect(await running.client.approve({ kind: "enrol", person: bob.id, attestation: null, basis: { kind: "founding", secret: one as string } }, 2000)).toEqual({
    foundersLeft: 0,
    credentialId: null,
    standing: "proven",
  });
  running = await running.restart();
  expect([secrets(running), await left(running)]).toEqual([[], 0]);
  for (const secret of [one, two]) expect(await outcome(enrolPerson(running, person(), { kind: "founding", secret: secret as string }))).toBe("enrolment.invalid");
  expect(await running.client.approve({ kind: "founding", secret: one as string }, 2000)).toEqual({ foundersLeft: 0, founder: null, used: { person: bob.id, credentialId: null } });
});

test("a founder whose enrolment never reached the trail gets a new link, and what was taken in is forgotten; one whose enrolment did is one for good", async () => {
  const running = await start();
  const { store } = running.custodian;
  const [ada, bob] = await founders(running);
  const settle = (): Promise<void> => settleFoundingLinks(store, running.clock.now(), (id) => isEnrolled(running.custodian.store, running.trail, id));
  await running.trail.append(running.client, running.custodian.deployment, "system", 2, (draft) => ({ ...draft, action: "enrol", resource: `person/${ada.id}` }));
  await running.trail.append(running.client, running.custodian.deployment, "system", 1, (draft) => ({ ...draft, resource: `person/${bob.id}` }));
  await settle();
  expect(secrets(running)).toEqual([]);

  running.clock.advance(600_000);
  running.trail.isAway = true;
  await expect(settle()).rejects.toThrow();
  expect(secrets(running)).toEqual([]);
  running.trail.isAway = false;
  await settle();
  expect(openFoundingLinks(store).map(({ founder }) => founder)).toEqual([2]);
  expect(await events(running, "founding.reopened")).toEqual([expect.objectContaining({ resource: `person/${bob.id}` })]);
  expect(await outcome(approveAs(running, bob, statementOf(running, ada)))).toBe("stepup.failed");
  expect(await enrolPerson(running, person())).toMatchObject({ foundersLeft: 0, standing: "proven" });

  // What was settled isn't looked at again, whatever becomes of the database.
  running.clock.advance(600_000);
  await settleFoundingLinks(store, running.clock.now(), (id) => Promise.resolve(id !== ada.id));
  expect(secrets(running)).toEqual([]);
});

test("one person can't be both founders", async () => {
  const running = await start();
  const ada = person();
  await enrolPerson(running, ada);
  expect(await outcome(enrolPerson(running, ada))).toBe("enrolment.invalid");
  expect(await left(running)).toBe(1);
});

test("an enrolment that is asked for again answers the same, after a restart too, and uses nothing up twice", async () => {
  const running = await start();
  const ada = person();
  const request = { kind: "enrol", person: ada.id, attestation: await attest(ada), basis: { kind: "founding", secret: secrets(running)[0] as string } } as const;
  const first = await running.client.approve(request, 2000);
  expect(await running.client.approve(request, 2000)).toEqual(first);
  const again = await running.restart();
  expect(await again.client.approve(request, 2000)).toEqual(first);
  expect((await events(again, "credential.enrolled")).length).toBe(1);
});

test("a credential is one person's: nobody else has it taken in, and what has no sound form isn't taken in at all", async () => {
  const running = await start();
  const ada = person();
  const attestation = await attest(ada);
  const secret = secrets(running)[0] as string;
  await running.client.approve({ kind: "enrol", person: ada.id, attestation, basis: { kind: "founding", secret } }, 2000);
  const mallory = newId("per");
  expect(await outcome(running.client.approve({ kind: "enrol", person: mallory, attestation, basis: { kind: "own", response: null } }, 2000))).toBe("enrolment.refused");
  expect(
    await outcome(running.client.approve({ kind: "enrol", person: mallory, attestation: "AAAA", basis: { kind: "founding", secret: secrets(running)[0] as string } }, 2000)),
  ).toBe("enrolment.refused");
  expect(await outcome(running.client.approve({ kind: "enrol", person: mallory, attestation: null, basis: { kind: "own", response: null } }, 2000))).toBe("verb.invalid");
  expect(await left(running)).toBe(1);
});

test("an approval by a founder's passkey is a note under the deployment's key that says who, what, with which credential and when", async () => {
  const running = await start();
  const [ada, bob] = await founders(running);
  const statement = statementOf(running, ada);
  const said = await noteOf(running, await approveAs(running, bob, statement));
  expect(said).toEqual({
    deployment: running.custodian.deployment,
    digest: approvalDigest(statement),
    person: bob.id,
    credentialId: bob.authenticator.credentialIds[0],
    basis: "founding",
    standing: "proven",
    at: "2026-01-02T03:04:05.000Z",
  });
  expect(await events(running, "approval.verified")).toEqual([
    expect.objectContaining({ resource: `approval/${said.digest.slice(0, 16)}`, detail: `by=${bob.id};kind=person.suspend;basis=founding;standing=proven` }),
  ]);
});

test.each<[string, Partial<ApprovalStatement>, string]>([
  ["of another deployment", { deployment: "dzzzzzzzzzzzz" }, "verb.refused"],
  ["that has ended", { requestedAt: "2026-01-01T00:00:00.000Z", expiresAt: "2026-01-02T03:04:05.000Z" }, "approval.state"],
  ["that hasn't begun", { requestedAt: "2026-01-02T03:04:11.000Z" }, "approval.state"],
])("a statement %s is not approved", async (_name, over, code) => {
  const running = await start();
  const [ada, bob] = await founders(running);
  expect(await outcome(approveAs(running, bob, statementOf(running, ada, over)))).toBe(code);
});

test("a text that is no statement, or is one in another spelling, is not approved", async () => {
  const running = await start();
  const [ada, bob] = await founders(running);
  for (const text of ["{}", `${statementOf(running, ada)} `, statementOf(running, ada).replace('"needed":1', '"needed":1,"needed":1')])
    expect(await outcome(approveAs(running, bob, text))).toBe("verb.invalid");
});

test("the same assertion for the same statement answers the same note, after a restart and after its end; another by the same person too", async () => {
  const running = await start();
  const [ada, bob] = await founders(running);
  const statement = statementOf(running, ada);
  const response = bob.authenticator.assert(sha256(statement));
  const ask = (at: Running, text = statement, proof = response): Promise<{ readonly note: string }> =>
    at.client.approve({ kind: "approve", statement: text, person: bob.id, response: proof }, 2000);
  const first = await ask(running);
  running.clock.advance(1000);
  expect(await ask(running)).toEqual(first);
  const again = await running.restart();
  expect(await ask(again)).toEqual(first);
  expect(await ask(again, statement, bob.authenticator.assert(sha256(statement)))).toEqual(first);
  again.clock.advance(86_400_000);
  expect(await ask(again)).toEqual(first);
  expect(await outcome(ask(again, statement, bob.authenticator.assert(sha256(statement))))).toBe("approval.state");
  expect((await events(again, "approval.verified")).length).toBe(1);
});

test("two who approve at once with one authenticator's copies don't both get a note", async () => {
  const running = await start();
  const [ada, bob] = await founders(running);
  const both = [statementOf(running, ada), statementOf(running, ada)];
  const outcomes = await Promise.all(both.map((statement) => outcome(approveAs(running, bob, statement, { counter: 7 }))));
  expect(outcomes.sort()).toEqual(["done", "stepup.failed"]);
});

test("what a passkey signed to add another authenticator, or for a text about the statement, doesn't approve it", async () => {
  const running = await start();
  const [ada, bob] = await founders(running);
  const statement = statementOf(running, ada);
  for (const digest of [enrolmentDigest(bob.id, "AAAA"), sha256Hex(approvalDigest(statement))]) {
    const response = bob.authenticator.assert(digestBytes(digest));
    expect(await outcome(running.client.approve({ kind: "approve", statement, person: bob.id, response }, 2000))).toBe("stepup.failed");
  }
});

test("another passkey is taken in by an assertion of one's own over that very registration, and inherits its standing", async () => {
  const running = await start();
  const [ada, bob] = await founders(running);
  const [first] = ada.authenticator.credentialIds;
  const attestation = await attest(ada);
  const add = (who: Person, registered: string, response: string | null): Promise<unknown> =>
    running.client.approve({ kind: "enrol", person: who.id, attestation: registered, basis: { kind: "own", response } }, 2000);
  const over = (registered: string): string => ada.authenticator.assert(digestBytes(enrolmentDigest(ada.id, registered)), {}, first);
  expect(await outcome(add(ada, attestation, over(await attest(person()))))).toBe("stepup.failed");
  expect(await outcome(add(ada, attestation, bob.authenticator.assert(digestBytes(enrolmentDigest(ada.id, attestation)))))).toBe("stepup.failed");
  expect(await outcome(add(bob, attestation, over(attestation)))).toBe("stepup.failed");
  expect(await add(ada, attestation, over(attestation))).toMatchObject({ standing: "proven" });

  const word = await attest(ada);
  expect(await add(ada, word, null)).toMatchObject({ standing: "attested" });
  const third = ada.authenticator.credentialIds.at(-1);
  const upon = await attest(ada);
  expect(await add(ada, upon, ada.authenticator.assert(digestBytes(enrolmentDigest(ada.id, upon)), {}, third))).toMatchObject({ standing: "attested" });
  const statement = statementOf(running, bob);
  expect(await noteOf(running, await approveAs(running, ada, statement))).toMatchObject({ basis: "own", standing: "attested" });
});

test("an invited person's passkey is proven by the approvals that the custodian verified for that very person, and each is good for one", async () => {
  const running = await start();
  const [ada, bob] = await founders(running);
  const [cara, dan] = [person(), person()];
  const statement = statementOf(running, ada, { kind: "person.invite", payload: { personId: cara.id } });
  const approval = approvalDigest(statement);
  expect(await outcome(enrolPerson(running, cara, { kind: "invitation", approval }))).toBe("approval.required");
  await approveAs(running, bob, statement);
  expect(await outcome(enrolPerson(running, dan, { kind: "invitation", approval }))).toBe("approval.required");
  expect(await outcome(enrolPerson(running, cara, { kind: "recovery", approval }))).toBe("approval.required");
  expect(await enrolPerson(running, cara, { kind: "invitation", approval })).toMatchObject({ standing: "proven" });
  running.clock.advance(900_000);
  expect(await outcome(enrolPerson(running, cara, { kind: "invitation", approval }))).toBe("approval.state");
  expect(await enrolPerson(running, dan, { kind: "invitation", approval: null })).toMatchObject({ standing: "attested" });
});

test("an approved enrolment that failed after the custodian had taken it in is done again within fifteen minutes, and the first passkey ends", async () => {
  const running = await start();
  const [ada, bob] = await founders(running);
  const cara = person();
  const statement = statementOf(running, ada, { kind: "person.invite", payload: { personId: cara.id } });
  await approveAs(running, bob, statement);
  const basis = { kind: "invitation", approval: approvalDigest(statement) } as const;
  await enrolPerson(running, cara, basis);
  running.clock.advance(899_999);
  expect(await enrolPerson(running, cara, basis)).toMatchObject({ standing: "proven" });
  const [first, second] = cara.authenticator.credentialIds as [string, string];
  const other = statementOf(running, ada);
  const by = (id: string): Promise<string> =>
    outcome(running.client.approve({ kind: "approve", statement: other, person: cara.id, response: cara.authenticator.assert(sha256(other), {}, id) }, 2000));
  expect([await by(first), await by(second)]).toEqual(["stepup.failed", "done"]);
});

test("where an act needs two, one person's approvals are one", async () => {
  const running = await start();
  const [ada, bob] = await founders(running);
  const [cara, dan] = [person(), person()];
  await enrolPerson(running, cara, { kind: "invitation", approval: null });
  const statement = statementOf(running, ada, { kind: "authenticator.recover", payload: { personId: dan.id }, needed: 2 });
  const basis = { kind: "recovery", approval: approvalDigest(statement) } as const;
  await approveAs(running, bob, statement);
  await approveAs(running, bob, statement);
  expect(await outcome(enrolPerson(running, dan, basis))).toBe("approval.required");
  await approveAs(running, cara, statement);
  // One of the two is the api's word, and so is what rests on them.
  expect(await enrolPerson(running, dan, basis)).toMatchObject({ standing: "attested" });
});

test("a forgotten passkey proves nothing and never comes back, over restarts; it goes on record without its id", async () => {
  let running = await start();
  const [ada, bob] = await founders(running);
  const [id] = bob.authenticator.credentialIds as [string];
  const forget = (credentialIds: readonly string[], approval: string | null = null): Promise<unknown> =>
    running.client.approve({ kind: "forget", person: bob.id, credentialIds, approval }, 2000);
  expect(await forget([ada.authenticator.credentialIds[0] as string])).toEqual({ forgotten: 0 });
  expect(await outcome(forget([id], "0".repeat(64)))).toBe("approval.required");
  expect(await forget([id, id])).toEqual({ forgotten: 1 });
  running = await running.restart();
  expect(await forget([id])).toEqual({ forgotten: 0 });
  expect(await outcome(approveAs(running, bob, statementOf(running, ada)))).toBe("stepup.failed");
  const [event] = await events(running, "credential.forgotten");
  expect(event).toMatchObject({ resource: `person/${bob.id}`, detail: expect.stringMatching(/^credential=[0-9a-f]{16};word=attested$/) as string });
  expect(await approveAs(running, ada, statementOf(running, bob))).toHaveProperty("note");
});

test("a forgotten passkey isn't taken in again, not even upon its own old proof", async () => {
  const running = await start();
  const [ada] = await founders(running);
  const attestation = await attest(ada);
  const [first, second] = ada.authenticator.credentialIds as [string, string];
  const request = {
    kind: "enrol",
    person: ada.id,
    attestation,
    basis: { kind: "own", response: ada.authenticator.assert(digestBytes(enrolmentDigest(ada.id, attestation)), {}, first) },
  } as const;
  await running.client.approve(request, 2000);
  await running.client.approve({ kind: "forget", person: ada.id, credentialIds: [second], approval: null }, 2000);
  expect(await outcome(running.client.approve(request, 2000))).toBe("enrolment.refused");
});

test("approvals are let go thirty days after their statement's end", async () => {
  const running = await start();
  const [ada, bob] = await founders(running);
  await approveAs(running, bob, statementOf(running, ada));
  running.clock.advance(31 * 86_400_000);
  await approveAs(running, bob, statementOf(running, ada));
  expect(running.custodian.store.all("approval").size).toBe(2);
  running.clock.advance(2 * 86_400_000);
  await approveAs(running, bob, statementOf(running, ada));
  expect(running.custodian.store.all("approval").size).toBe(2);
});
