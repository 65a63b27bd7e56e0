import { enrolmentDigest } from "@sallyport/audit";
import { removalDigest } from "@sallyport/api";
import { sha256Hex } from "@sallyport/crypto";
import { openFoundingLinks } from "@sallyport/custody/credentials";
import { SoftwareAuthenticator } from "@sallyport/passkey/testing";
import { totpCode } from "@sallyport/people";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bodyOf, Desk, type Enrolled, PASSWORD } from "./people.ts";
import { STUDY } from "./dataset.ts";
import { type Api, codeOf, dataOf, type Deployment, deployment, PARTY, until } from "./stack.ts";

let at: Deployment;
let api: Api;
let desk: Desk;
let founders: readonly [Enrolled, Enrolled];

beforeAll(async () => {
  at = await deployment();
  api = await at.serve();
  desk = await Desk.of(at);
});
afterAll(async () => {
  desk.close();
  await api.close();
  await at.close();
});

const events = async (action: string) => (await at.records("system")).filter((record) => record["action"] === action);

test("nobody signs in until both founders have enrolled, each by a link that is good once", async () => {
  const [one, two] = openFoundingLinks(at.custodian.store).map(({ secret }) => secret) as [string, string];
  expect(bodyOf(await desk.step(api, "founding"))).toEqual({ foundersLeft: 2 });
  expect(bodyOf(await desk.step(api, "enrolment/open", { secret: two }))).toEqual({ kind: "founding", username: null, printedName: null, founder: 2, expiresAt: null });
  expect(codeOf(await desk.step(api, "sign-in/passkey-options"))).toBe("founding.unfinished");
  const first = await desk.enrol(api, one, { username: "first.founder", printedName: "First Founder" }, "passkey");
  const password = { username: "first.founder", password: PASSWORD, totp: "000000" };
  expect(codeOf(await desk.step(api, "sign-in/password", password))).toBe("founding.unfinished");
  expect(codeOf(await desk.step(api, "enrolment/open", { secret: one }))).toBe("enrolment.invalid");
  const taken = { secret: two, username: "first.founder", printedName: "Somebody Else" };
  const { ceremony, options } = bodyOf(await desk.step(api, "enrolment/passkey-options", taken)) as { ceremony: string; options: string };
  const response = new SoftwareAuthenticator(PARTY).create(options);
  expect(codeOf(await desk.step(api, "enrolment/passkey", { ...taken, ceremony, label: "A key", response }))).toBe("people.taken");
  // What was refused has used nothing up.
  const second = await desk.enrol(api, two, { username: "second.founder", printedName: "Second Fründer" }, "password");
  founders = [first, second];
  expect(bodyOf(await desk.step(api, "founding"))).toEqual({ foundersLeft: 0 });
  expect(await events("enrol")).toHaveLength(2);
  expect(JSON.stringify(await at.records("system"))).not.toMatch(/first\.founder|second\.founder|Founder|correct horse/);
});

test("each signs in with what they enrolled, and may do what their role allows", async () => {
  for (const who of founders) {
    const session = await desk.signIn(api, who);
    const overview = dataOf(await desk.call(api, session, "me.overview", {})) as { username: string; sessions: { isThis: boolean }[]; assignments: unknown[] };
    expect(overview).toMatchObject({
      username: who.username,
      personId: who.personId,
      maySign: true,
      idleSeconds: 900,
      assignments: [{ role: "security_admin", study: "*", site: "*" }],
    });
    expect(overview.sessions.filter(({ isThis }) => isThis)).toHaveLength(1);
    const { people } = dataOf(await desk.call(api, session, "people.list", {})) as {
      people: { username: string; isAdministrator: boolean; hasPassword: boolean; passkeys: number }[];
    };
    expect(people.map(({ username, isAdministrator, passkeys, hasPassword }) => [username, isAdministrator, passkeys, hasPassword])).toEqual([
      ["first.founder", true, 1, false],
      ["second.founder", true, 0, true],
    ]);
  }
  expect(await events("signin")).toMatchObject([{ decision: "allow" }, { decision: "allow" }]);
});

test("a session gives new tokens until it is ended, and then neither it nor they open anything", async () => {
  const session = await desk.signIn(api, founders[0]);
  const renewed = bodyOf(await desk.step(api, "token", { session: session.session })) as { token: string; sessionId: string };
  expect(renewed.sessionId).toBe(session.sessionId);
  expect((await desk.call(api, { ...session, token: renewed.token }, "me.overview", {})).status).toBe(200);
  bodyOf(await desk.step(api, "end", { session: session.session }));
  expect(codeOf(await desk.call(api, session, "me.overview", {}))).toBe("session.ended");
  expect(codeOf(await desk.call(api, { ...session, token: renewed.token }, "me.overview", {}))).toBe("session.ended");
  expect(codeOf(await desk.step(api, "token", { session: session.session }))).toBe("session.ended");
  expect((await events("session.end")).at(-1)).toMatchObject({ reason: "signed_out", resource: `session/${session.sessionId}` });
});

test("somebody with a role at one site sees themselves, and nobody else's affairs", async () => {
  const who = await desk.person(api, "site.reader", "passkey", { role: "clinical_reviewer", study: STUDY, site: "701" });
  const session = await desk.signIn(api, who);
  expect((await desk.call(api, session, "me.overview", {})).status).toBe(200);
  expect((await desk.call(api, session, "subjects.list", {})).status).toBe(200);
  for (const [procedure, input] of [
    ["people.list", {}],
    ["people.suspend", { personId: founders[0].personId, reason: "because I say so" }],
    ["people.endSessions", { personId: founders[0].personId, reason: "because I say so" }],
  ] as const)
    expect(codeOf(await desk.call(api, session, procedure, input))).toBe("policy.denied");
  const theirs = await desk.signIn(api, founders[0]);
  const mine = await desk.call(api, session, "me.endSession", { sessionId: theirs.sessionId });
  const nobodys = await desk.call(api, session, "me.endSession", { sessionId: `ses_${"0".repeat(26)}` });
  expect([codeOf(mine), codeOf(nobodys)]).toEqual(["policy.denied", "policy.denied"]);
});

test("a service has no person, so it has nothing of its own to look after", async () => {
  expect(codeOf(await api.call("admin", "me.overview", {}))).toBe("policy.denied");
});

test("another passkey is added by the one that is there, the custodian having seen both, and removed by either; the last one stays", async () => {
  const who = await desk.person(api, "two.keys", "passkey");
  const session = await desk.signIn(api, who);
  const other = new SoftwareAuthenticator(PARTY, { algorithm: -7 });
  const { ceremony, options } = dataOf(await desk.call(api, session, "me.passkeyOptions", {})) as { ceremony: string; options: string };
  const response = other.create(options);
  const { attestationObject } = (JSON.parse(response) as { response: { attestationObject: string } }).response;
  const digest = Buffer.from(enrolmentDigest(who.personId, attestationObject), "hex");
  const proof = { kind: "passkey", response: who.authenticator?.assert(digest) ?? "" };
  const added = dataOf(await desk.call(api, session, "me.addPasskey", { ceremony, label: "Another", response, proof })) as {
    authenticator: { authenticatorId: string; basis: string };
  };
  expect(added.authenticator.basis).toBe("own");
  expect((await desk.signIn(api, { ...who, authenticator: other })).personId).toBe(who.personId);
  const { authenticators } = dataOf(await desk.call(api, session, "me.overview", {})) as { authenticators: { authenticatorId: string; label: string }[] };
  const [first, second] = authenticators.map(({ authenticatorId }) => authenticatorId) as [string, string];
  const remove = (id: string, by: SoftwareAuthenticator) =>
    desk.call(api, session, "me.removeAuthenticator", {
      authenticatorId: id,
      proof: { kind: "passkey", response: by.assert(Buffer.from(removalDigest(who.personId, id), "hex")) },
    });
  // A proof over the other one's removal is no proof over this one's.
  const crossed = { kind: "passkey", response: other.assert(Buffer.from(removalDigest(who.personId, second), "hex")) };
  expect(codeOf(await desk.call(api, session, "me.removeAuthenticator", { authenticatorId: first, proof: crossed }))).toBe("stepup.failed");
  expect(codeOf(await remove(first, other))).toBe("ok");
  expect(codeOf(await remove(second, other))).toBe("people.last_authenticator");
  const [step, body] = await desk.proofOf(api, who);
  expect(codeOf(await desk.step(api, step, body))).toBe("signin.failed");
});

test("somebody is suspended at once, but for administrators, and nobody suspends themselves", async () => {
  const who = await desk.person(api, "to.be.stopped", "password");
  const session = await desk.signIn(api, who);
  const admin = await desk.signIn(api, founders[0]);
  const suspend = (personId: string) => desk.call(api, admin, "people.suspend", { personId, reason: "left the study today" });
  expect(codeOf(await suspend(founders[1].personId))).toBe("approval.required");
  expect(codeOf(await suspend(founders[0].personId))).toBe("policy.separation");
  expect((dataOf(await suspend(who.personId)) as { evidence: unknown[] }).evidence).toHaveLength(1);
  await until(async () => (await desk.call(api, session, "me.overview", {})).status === 401, 1000);
  expect(codeOf(await desk.step(api, "token", { session: session.session }))).toBe("session.ended");
  const [step, body] = await desk.proofOf(api, who);
  expect(codeOf(await desk.step(api, step, body))).toBe("signin.failed");
  expect(codeOf(await suspend(who.personId))).toBe("approval.state");
});

test("an administrator ends somebody's sessions, and one ends one's own", async () => {
  const who = await desk.person(api, "many.sessions", "passkey");
  const [one, two] = [await desk.signIn(api, who), await desk.signIn(api, who)];
  dataOf(await desk.call(api, one, "me.endSession", { sessionId: two.sessionId }));
  await until(async () => (await desk.call(api, two, "me.overview", {})).status === 401, 1000);
  const admin = await desk.signIn(api, founders[0]);
  expect(dataOf(await desk.call(api, admin, "people.endSessions", { personId: who.personId, reason: "a lost laptop" }))).toEqual({ ended: 1 });
  await until(async () => codeOf(await desk.call(api, one, "me.overview", {})) === "session.ended", 1000);
});

test("a terminal gets a session of its own once its person has confirmed it at the console, and once only", async () => {
  const begun = bodyOf(await desk.step(api, "terminal/begin", {}, "terminal")) as { deviceCode: string; userCode: string };
  const poll = async () =>
    bodyOf(await desk.step(api, "terminal/poll", { deviceCode: begun.deviceCode }, "terminal")) as { state: string; granted?: { token: string; session: string } };
  expect(await poll()).toEqual({ state: "pending" });
  const session = await desk.signIn(api, founders[0]);
  dataOf(await desk.call(api, session, "me.confirmTerminal", { userCode: begun.userCode, verdict: "approve" }));
  expect(codeOf(await desk.call(api, session, "me.confirmTerminal", { userCode: begun.userCode, verdict: "approve" }))).toBe("approval.state");
  const { state, granted } = await poll();
  expect(state).toBe("granted");
  expect(await poll()).toEqual({ state: "refused" });
  const terminal = desk.client(api, "terminal");
  expect((await terminal.call("me.overview", {}, granted?.token ?? "")).status).toBe(200);
  // The terminal's token is the terminal's: the console can't carry it, nor the terminal the console's.
  expect(codeOf(await desk.client(api).call("me.overview", {}, granted?.token ?? ""))).toBe("token.binding");
  expect(codeOf(await terminal.call("me.overview", {}, session.token))).toBe("token.binding");
  expect(codeOf(await desk.step(api, "token", { session: granted?.session }))).toBe("session.ended");
  expect(codeOf(await desk.step(api, "terminal/begin", {}))).toBe("workload.not_allowed");
  expect((await events("terminal.grant")).at(-1)).toMatchObject({ decision: "allow" });
});

test("a weak password and a wrong code are told apart at enrolment, and the same link goes on", async () => {
  const names = { username: "third.person", printedName: "Third Person" };
  const { people, links } = api.process.people;
  const secret = "L".repeat(43);
  const person = { id: `per_${"0".repeat(26)}`, principal: `prn_${"0".repeat(26)}`, ...names, status: "invited" as const };
  await api.database.transaction(async (tx) => {
    await people.register(tx, person);
    await people.assign(tx, person.principal, { role: "auditor", study: "*", site: "*", fromMs: 0, untilMs: null });
    await links.issue(tx, { id: "lnk_1", kind: "invitation", person: person.id, approval: null, expiresMs: Date.now() + 60_000 }, sha256Hex(secret));
  });
  const input = { secret, ...names };
  const { ceremony, secret: totp } = bodyOf(await desk.step(api, "enrolment/totp-options", input)) as { ceremony: string; secret: string };
  const enrol = (password: string, code: string, over: object = {}) => desk.step(api, "enrolment/password", { ...input, ceremony, password, totp: code, ...over });
  expect(codeOf(await enrol("third.person.third", totpCode(totp, Date.now())))).toBe("password.weak");
  expect(codeOf(await enrol(PASSWORD, "000000"))).toBe("totp.mismatch");
  expect(codeOf(await enrol(PASSWORD, totpCode(totp, Date.now()), { printedName: "Another Name" }))).toBe("enrolment.invalid");
  expect(codeOf(await enrol(PASSWORD, totpCode(totp, Date.now())))).toBe("ok");
  expect(codeOf(await enrol(PASSWORD, totpCode(totp, Date.now())))).toBe("enrolment.invalid");
});
