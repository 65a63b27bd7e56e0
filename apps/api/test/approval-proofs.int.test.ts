import { approvalDigest, openNote, parseApprovalNote } from "@sallyport/audit";
import { SoftwareAuthenticator } from "@sallyport/passkey/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bodyOf, Desk, type Enrolled, PASSWORD, type SignedIn } from "./people.ts";
import { type Api, codeOf, dataOf, type Deployment, deployment, until } from "./stack.ts";

interface Asked {
  readonly approvalId: string;
  readonly digest: string;
}
interface Shown extends Asked {
  readonly statement: string;
  readonly challenge: string | null;
}

const REASON = "because it has to be so";
let at: Deployment;
let api: Api;
let desk: Desk;
let ada: { readonly who: Enrolled; readonly session: SignedIn };
let ben: { readonly who: Enrolled; readonly session: SignedIn };

beforeAll(async () => {
  at = await deployment();
  api = await at.serve();
  desk = await Desk.of(at);
  const [first, second] = await desk.found(api);
  ada = { who: first, session: await desk.signIn(api, first) };
  ben = { who: second, session: await desk.signIn(api, second) };
});
afterAll(async () => {
  desk?.close();
  await api?.close();
  await at?.close();
});

const ask = async (by: SignedIn, procedure: string, input: object): Promise<Asked> =>
  (dataOf(await desk.call(api, by, `approvals.${procedure}`, { ...input, reason: REASON })) as { approval: Asked }).approval;
const show = async (by: SignedIn, { approvalId }: Asked): Promise<Shown> => dataOf(await desk.call(api, by, "approvals.get", { approvalId })) as Shown;
const decide = async (by: SignedIn, { approvalId, digest }: Asked, proof: object): Promise<string> =>
  codeOf(await desk.call(api, by, "approvals.decide", { approvalId, digest, verdict: "approve", reason: REASON, proof }));
const byPasskey = (response: string) => ({ kind: "passkey", response });
const keyOf = ({ authenticator }: Enrolled): SoftwareAuthenticator => {
  if (authenticator === null) throw new TypeError("no passkey");
  return authenticator;
};
/** Looks at a request, and approves what is shown with one's own passkey. */
const approve = async ({ who, session }: typeof ada, asked: Asked): Promise<string> => {
  const { challenge } = await show(session, asked);
  return decide(session, asked, byPasskey(keyOf(who).get(challenge ?? "")));
};
const linked = async (by: SignedIn, { approvalId }: Asked): Promise<string> => (dataOf(await desk.call(api, by, "people.issueLink", { approvalId })) as { secret: string }).secret;
const votesOf = (id: string) => at.owner.run<{ proof: string; note: string | null }>`SELECT proof, note FROM approvals.votes WHERE request = ${id} ORDER BY at_ms`;

test("a passkey's approval is verified by the custodian, whose note over the very statement is kept with the vote", async () => {
  const dan = await desk.person(api, "dan", "password");
  const asked = await ask(ben.session, "requestSuspend", { personId: dan.personId });
  const shown = await show(ada.session, asked);
  expect(approvalDigest(shown.statement)).toBe(asked.digest);
  expect(JSON.parse(shown.challenge ?? "")).toMatchObject({ challenge: Buffer.from(asked.digest, "hex").toString("base64url"), userVerification: "required" });
  expect(await approve(ada, asked)).toBe("ok");
  const [vote] = await votesOf(asked.approvalId);
  expect(vote?.proof).toBe("passkey");
  const note = parseApprovalNote(openNote(vote?.note ?? "", api.process.watch.status().checkpointKey.vkey));
  expect(note).toMatchObject({ digest: asked.digest, person: ada.who.personId, basis: "founding", standing: "proven" });
});

test("a proof over something else, by somebody else's passkey, without the person, or a wrong password approves nothing", async () => {
  const eve = await desk.person(api, "eve", "password");
  const other = await desk.person(api, "other.admin", "passkey", { role: "security_admin" });
  const [asked, another] = [await ask(ben.session, "requestSuspend", { personId: eve.personId }), await ask(ben.session, "requestSuspend", { personId: other.personId })];
  const digest = Buffer.from(asked.digest, "hex");
  const key = keyOf(ada.who);
  for (const response of [
    key.assert(Buffer.from(another.digest, "hex")),
    keyOf(other).assert(digest),
    key.assert(digest, { userVerified: false }),
    key.assert(digest, { origin: "http://localhost:3001" }),
  ]) {
    expect(await decide(ada.session, asked, byPasskey(response))).toBe("stepup.failed");
  }
  expect(await decide(ada.session, asked, { kind: "password", password: PASSWORD, totp: "000000" })).toBe("stepup.failed");
  expect(await votesOf(asked.approvalId)).toEqual([]);
  expect(await approve(ada, asked)).toBe("ok");
});

test("who has a password approves with it and a code, and that reads as the server's own word", async () => {
  const fay = await desk.person(api, "fay", "password");
  const asked = await ask(ada.session, "requestSuspend", { personId: fay.personId });
  expect((await show(ben.session, asked)).challenge).toBeNull();
  expect(await decide(ben.session, asked, { kind: "password", password: PASSWORD, totp: await desk.code(ben.who) })).toBe("ok");
  expect(await votesOf(asked.approvalId)).toEqual([{ proof: "server-attested", note: null }]);
});

test("who was invited by two enrols by the link, and the custodian knows what it rests on", async () => {
  const asked = await ask(ben.session, "requestInvite", { username: "gil", printedName: "Gil Grant", role: "security_admin", study: "*", site: "*" });
  expect(await approve(ada, asked)).toBe("ok");
  const stale = await linked(ben.session, asked);
  const secret = await linked(ben.session, asked);
  expect(codeOf(await desk.step(api, "enrolment/open", { secret: stale }))).toBe("enrolment.invalid");
  const gil = await desk.enrol(api, secret, { username: "gil", printedName: "Gil Grant" }, "passkey");
  const session = await desk.signIn(api, gil);
  // Proven from the founding link on: this one's approvals are.
  const hal = await desk.person(api, "hal", "password");
  const next = await ask(ben.session, "requestSuspend", { personId: hal.personId });
  expect(await approve({ who: gil, session }, next)).toBe("ok");
  const [vote] = await votesOf(next.approvalId);
  expect(parseApprovalNote(openNote(vote?.note ?? "", api.process.watch.status().checkpointKey.vkey))).toMatchObject({
    person: gil.personId,
    basis: "invitation",
    standing: "proven",
  });
});

test("who lost their passkey is recovered by two others: the old one opens nothing, and a new one takes its place", async () => {
  const ivy = await desk.person(api, "ivy", "passkey", { role: "security_admin" });
  const before = await desk.signIn(api, ivy);
  const asked = await ask(ben.session, "requestRecovery", { personId: ivy.personId });
  expect(await approve({ who: ivy, session: before }, asked).catch(() => "no challenge")).toBe("no challenge");
  expect(await approve(ada, asked)).toBe("ok");
  await until(async () => codeOf(await desk.call(api, before, "access.mine", {})) === "session.ended", 1000);
  const [step, body] = await desk.proofOf(api, ivy);
  expect(codeOf(await desk.step(api, step, body))).toBe("signin.failed");
  const again = await desk.enrol(api, await linked(ben.session, asked), { username: "ivy", printedName: "Person ivy" }, "passkey");
  expect(bodyOf(await desk.step(api, ...(await desk.proofOf(api, again))))).toMatchObject({ personId: ivy.personId });
});
