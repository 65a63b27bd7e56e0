import { newId } from "@sallyport/crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { asked as askedBy, decided as decidedBy, type Shown, shown as shownTo, type Summary } from "./approval-steps.ts";
import { STUDY } from "./dataset.ts";
import { Persons, type SignedIn } from "./persons.ts";
import { type Api, codeOf, dataOf, type Deployment, deployment } from "./stack.ts";
import { PASSWORD_PROOF, provenByDigest } from "./step-up-ports.ts";

const REASON = "because it has to be so";
const forgotten: string[] = [];
let at: Deployment;
let api: Api;
let persons: Persons;
let ada: SignedIn;
let ben: SignedIn;
let cyd: SignedIn;
beforeAll(async () => {
  at = await deployment();
  api = await at.serve({ ports: provenByDigest(forgotten) });
  await at.seed(api);
  persons = await Persons.of(at);
  [ada, ben, cyd] = [await persons.add("ada", "security_admin"), await persons.add("ben", "security_admin"), await persons.add("cyd", "security_admin")];
  await persons.known(api);
});
afterAll(async () => {
  persons?.close();
  await api?.close();
  await at?.close();
});

const someone = async (username: string, role: string, place: { study?: string; site?: string } = {}): Promise<SignedIn> => {
  const added = await persons.add(username, role, place);
  await persons.known(api);
  return added;
};
const ask = (who: SignedIn, procedure: string, input: object): Promise<Summary> => askedBy(api, who, procedure, { ...input, reason: REASON });
const show = (who: SignedIn, approvalId: string): Promise<Shown> => shownTo(api, who, approvalId);
const vote = (who: SignedIn, on: Summary, verdict: "approve" | "reject" = "approve", key?: string) => decidedBy(api, who, on, REASON, { verdict, key });
const statusOf = async (person: string): Promise<string | undefined> => (await at.owner.run<{ status: string }>`SELECT status FROM people.persons WHERE id = ${person}`)[0]?.status;

describe("an approval", () => {
  test("is done with the second person's vote, in one act with its records, and answered with the checkpoint", async () => {
    const dan = await someone("dan", "security_admin");
    const asked = await ask(ada, "requestSuspend", { personId: dan.person });
    expect(asked).toMatchObject({ state: "requested", about: "dan Person (dan)", mayDecide: false, whyNot: "own_request" });
    const shown = await show(ben, asked.approvalId);
    expect(shown).toMatchObject({ reason: REASON, mayDecide: true, whyNot: null, challenge: null });
    expect(shown.effect).toEqual([
      { what: "dan Person (dan)", before: "active", after: "suspended" },
      { what: "security_admin over the whole deployment", before: "in effect", after: "without effect" },
      { what: "sessions", before: "as they are", after: "ended" },
    ]);
    expect(shown.statement).not.toContain(REASON);
    const before = (await at.records("system")).length;
    const decided = dataOf(await vote(ben, asked)) as { approval: Summary; evidence: readonly { chain: string }[] };
    expect(decided.approval).toMatchObject({ state: "done", votes: [{ verdict: "approve", proof: "passkey", printedName: "ben Person" }] });
    expect(decided.evidence.map(({ chain }) => chain)).toEqual(["system"]);
    expect(await statusOf(dan.person)).toBe("suspended");
    const [record] = (await at.records("system")).slice(before).filter(({ action }) => action === "approval.decide");
    expect(record).toMatchObject({ principal: ben.principal, decision: "allow", resource: asked.approvalId });
    expect(record?.["detail"]).toContain(`digest=${asked.digest}`);
    expect(record?.["detail"]).not.toContain(REASON);
    await persons.known(api);
    expect(codeOf(await dan.call(api, "access.mine", {}))).toBe("token.revoked");
    // Back again, by two.
    const back = await ask(ada, "requestReinstate", { personId: dan.person });
    expect(codeOf(await vote(cyd, back))).toBe("ok");
    expect(await statusOf(dan.person)).toBe("active");
  });

  test("can be repeated with its key, and is done once", async () => {
    const eve = await someone("eve", "clinical_reviewer", { study: STUDY });
    const asked = await ask(ada, "requestSuspend", { personId: eve.person });
    const key = "a".repeat(32);
    const [one, other] = [await vote(ben, asked, "approve", key), await vote(ben, asked, "approve", key)];
    expect((dataOf(other) as { approval: unknown }).approval).toEqual((dataOf(one) as { approval: unknown }).approval);
    // Another proof under the same key is the same request: what is kept of it holds no proof.
    const again = await ben.call(api, "approvals.decide", { approvalId: asked.approvalId, digest: asked.digest, verdict: "approve", reason: REASON, proof: PASSWORD_PROOF }, key);
    expect(codeOf(again)).toBe("ok");
    expect(codeOf(await vote(cyd, asked))).toBe("approval.state");
  });

  test("is over exactly what was shown, and over what would still happen", async () => {
    const fay = await someone("fay", "clinical_reviewer", { study: STUDY });
    const asked = await ask(ada, "requestSuspend", { personId: fay.person });
    expect(codeOf(await vote(ben, { ...asked, digest: "0".repeat(64) }))).toBe("approval.changed");
    await at.owner.run`UPDATE people.persons SET status = 'recovering' WHERE id = ${fay.person}`;
    expect(codeOf(await vote(ben, asked))).toBe("approval.changed");
    expect((await show(ben, asked.approvalId)).votes).toEqual([]);
    await at.owner.run`UPDATE people.persons SET status = 'active' WHERE id = ${fay.person}`;
    await at.owner.run`INSERT INTO policy.assignments (principal, role, study, site, from_ms) VALUES (${fay.principal}, 'auditor', '*', '*', 0)`;
    await persons.known(api);
    expect(codeOf(await vote(ben, asked))).toBe("approval.changed");
    // Turning it down needs no effect to stand.
    expect(codeOf(await vote(ben, asked, "reject"))).toBe("ok");
    expect(await show(ada, asked.approvalId)).toMatchObject({ state: "rejected", votes: [{ verdict: "reject", proof: null }] });
  });

  test("is not given in the name of somebody who may not ask any more", async () => {
    const gus = await someone("gus", "security_admin");
    const hal = await someone("hal", "clinical_reviewer", { study: STUDY });
    const asked = await ask(gus, "requestSuspend", { personId: hal.person });
    await at.owner.run`UPDATE policy.assignments SET until_ms = 1 WHERE principal = ${gus.principal}`;
    await persons.known(api);
    expect(codeOf(await vote(ben, asked))).toBe("approval.changed");
    expect(await statusOf(hal.person)).toBe("active");
  });

  test("comes with a proof, and a rejection with none", async () => {
    const asked = await ask(ada, "requestInvite", { username: "ida", printedName: "Ida", role: "auditor", study: "*", site: "*" });
    const decide = (verdict: string, proof: object | null) =>
      ben.call(api, "approvals.decide", { approvalId: asked.approvalId, digest: asked.digest, verdict, reason: REASON, proof });
    expect(codeOf(await decide("approve", null))).toBe("input.invalid");
    expect(codeOf(await decide("reject", PASSWORD_PROOF))).toBe("input.invalid");
    expect(codeOf(await decide("approve", PASSWORD_PROOF))).toBe("ok");
    expect((await show(ada, asked.approvalId)).votes).toMatchObject([{ proof: "server-attested" }]);
  });

  test("that is withdrawn, decided or too old takes no vote, and is withdrawn by who asked alone", async () => {
    const jon = await someone("jon", "clinical_reviewer", { study: STUDY });
    const asked = await ask(ada, "requestSuspend", { personId: jon.person });
    const withdraw = (who: SignedIn) => who.call(api, "approvals.withdraw", { approvalId: asked.approvalId, reason: REASON });
    expect(codeOf(await withdraw(ben))).toBe("policy.denied");
    expect(dataOf(await withdraw(ada))).toMatchObject({ approval: { state: "withdrawn" } });
    expect(codeOf(await vote(ben, asked))).toBe("approval.state");
    expect(codeOf(await withdraw(ada))).toBe("approval.state");
    expect(await statusOf(jon.person)).toBe("active");
  });

  test("list shows each what they asked for or may decide", async () => {
    const kim = await someone("kim", "clinical_reviewer", { study: STUDY });
    const asked = await ask(ada, "requestSuspend", { personId: kim.person });
    const list = async (who: SignedIn, show: string) =>
      dataOf(await who.call(api, "approvals.list", { show, limit: 100 })) as { items: readonly Summary[]; waiting: number; next: string | null };
    const forBen = await list(ben, "open");
    expect(forBen.items.find(({ approvalId }) => approvalId === asked.approvalId)).toMatchObject({ mayDecide: true });
    expect(forBen.waiting).toBe(forBen.items.filter(({ mayDecide }) => mayDecide).length);
    const overview = dataOf(await ben.call(api, "overview.get", {})) as { needs: readonly { kind: string; count: number }[] };
    expect(overview.needs.find(({ kind }) => kind === "approval")?.count).toBe(forBen.waiting);
    expect((await list(ada, "mine")).items[0]?.approvalId).toBe(asked.approvalId);
    const waiting = await list(ben, "decide");
    expect(waiting.items.map(({ approvalId }) => approvalId)).toEqual(forBen.items.filter(({ mayDecide }) => mayDecide).map(({ approvalId }) => approvalId));
    expect((await list(ada, "decide")).items.some(({ approvalId }) => approvalId === asked.approvalId)).toBe(false);
    const invitations = dataOf(await ben.call(api, "approvals.list", { show: "all", kind: "person.invite" })) as { items: readonly { kind: string }[] };
    expect(invitations.items.every(({ kind }) => kind === "person.invite")).toBe(true);
    expect(await list(kim, "all")).toEqual({ items: [], waiting: 0, next: null });
    const first = dataOf(await ben.call(api, "approvals.list", { show: "all", limit: 1 })) as { items: readonly Summary[]; next: string };
    const second = dataOf(await ben.call(api, "approvals.list", { show: "all", limit: 1, cursor: first.next })) as { items: readonly Summary[] };
    expect(second.items[0]?.approvalId).not.toBe(first.items[0]?.approvalId);
    expect(codeOf(await cyd.call(api, "approvals.list", { show: "all", limit: 1, cursor: first.next }))).toBe("input.cursor");
  });
});

describe("an invitation", () => {
  const invite = (over: object = {}) => ({ username: "lea", printedName: "Lea Low", role: "clinical_reviewer", study: STUDY, site: "701", ...over });

  test("of an inspector is for one site and until a day, which both are shown, and not for a time that is over", async () => {
    const untilDay = new Date(Date.now() + 5 * 86_400_000).toISOString();
    const inspector = invite({ username: "kim.inspector", printedName: "Kim Inspector", role: "auditor" });
    const asked = await ask(ada, "requestInvite", { ...inspector, until: untilDay });
    const { effect } = await show(ben, asked.approvalId);
    expect(effect.slice(1)).toEqual([
      { what: `auditor at ${STUDY}/701`, before: null, after: "assigned" },
      { what: "ends", before: null, after: untilDay },
    ]);
    expect(codeOf(await vote(ben, asked))).toBe("ok");
    const [held] = await at.owner.run<{ role: string; site: string; until_ms: string }>`
      SELECT a.role, a.site, a.until_ms FROM people.persons p JOIN policy.assignments a ON a.principal = p.principal WHERE p.username = 'kim.inspector'`;
    expect(held).toEqual({ role: "auditor", site: "701", until_ms: String(Date.parse(untilDay)) });
    const over = { ...inspector, username: "kim.late", until: "2026-01-01T00:00:00.000Z", reason: REASON };
    expect(codeOf(await ada.call(api, "approvals.requestInvite", over))).toBe("input.invalid");
  });

  test("makes the person with the role once it is approved, and its link is its requester's", async () => {
    const asked = await ask(ada, "requestInvite", invite());
    expect(codeOf(await ada.call(api, "people.issueLink", { approvalId: asked.approvalId }))).toBe("approval.state");
    expect(dataOf(await vote(ben, asked))).toMatchObject({ approval: { state: "done", about: "Lea Low (lea)" } });
    const [made] = await at.owner.run<{ id: string; status: string; role: string; site: string }>`
      SELECT p.id, p.status, a.role, a.site FROM people.persons p JOIN policy.assignments a ON a.principal = p.principal WHERE p.username = 'lea'`;
    expect(made).toMatchObject({ status: "invited", role: "clinical_reviewer", site: "701" });
    expect(codeOf(await ben.call(api, "people.issueLink", { approvalId: asked.approvalId }))).toBe("policy.denied");
    const first = dataOf(await ada.call(api, "people.issueLink", { approvalId: asked.approvalId })) as { secret: string };
    const second = dataOf(await ada.call(api, "people.issueLink", { approvalId: asked.approvalId })) as { secret: string };
    expect(first.secret).not.toBe(second.secret);
    expect(second.secret).toMatch(/^[A-Za-z0-9_-]{43}$/);
    const links = await at.owner.run<{ state: string }>`SELECT state FROM people.links WHERE person = ${made?.id ?? ""} ORDER BY state`;
    expect(links.map(({ state }) => state)).toEqual(["open", "replaced"]);
    const kept = await at.owner.run<{ found: number }>`SELECT count(*)::integer AS found FROM boundary.idempotency WHERE outcome::text LIKE ${`%${second.secret}%`}`;
    expect(kept[0]?.found).toBe(0);
    await at.owner.run`UPDATE people.persons SET status = 'active' WHERE id = ${made?.id ?? ""}`;
    expect(codeOf(await ada.call(api, "people.issueLink", { approvalId: asked.approvalId }))).toBe("approval.state");
  });

  test("is refused for a name that somebody has, a role that there isn't, and a place that isn't registered", async () => {
    const codes = await Promise.all(
      [{ username: "ada" }, { role: "no_such_role" }, { site: "799" }, { study: "*", site: "701" }, { study: "NOSUCH", site: "*" }].map(async (over) =>
        codeOf(await ada.call(api, "approvals.requestInvite", { ...invite({ username: "lou" }), ...over, reason: REASON })),
      ),
    );
    expect(codes).toEqual(["people.taken", "input.invalid", "input.invalid", "input.invalid", "input.invalid"]);
  });
});

describe("a recovery", () => {
  test("ends what the person signed in with, at the custodian too, and is never one's own", async () => {
    const moe = await someone("moe", "security_admin");
    await at.owner.run`
      INSERT INTO people.passkeys (id, person, credential_id, public_key, counter, label, basis, added_at_ms)
      VALUES ('aut_moe', ${moe.person}, ${"m".repeat(22)}, ${"k".repeat(40)}, 0, 'key', 'founding', 0)`;
    expect(codeOf(await moe.call(api, "approvals.requestRecovery", { personId: moe.person, reason: REASON }))).toBe("policy.separation");
    const asked = await ask(ada, "requestRecovery", { personId: moe.person });
    expect(codeOf(await vote(moe, asked))).toBe("policy.separation");
    expect(codeOf(await vote(ben, asked))).toBe("ok");
    expect(await statusOf(moe.person)).toBe("recovering");
    expect(forgotten).toContain("m".repeat(22));
    await persons.known(api);
    expect(codeOf(await moe.call(api, "access.mine", {}))).toBe("session.ended");
    expect(dataOf(await ada.call(api, "people.issueLink", { approvalId: asked.approvalId }))).toMatchObject({ secret: expect.any(String) as string });
  });
});

test("an approval that isn't there and one of others are answered with the same bytes", async () => {
  const qui = await someone("qui", "clinical_reviewer", { study: STUDY, site: "701" });
  const asked = await ask(ada, "requestInvite", { username: "rex", printedName: "Rex", role: "auditor", study: "*", site: "*" });
  const bare = (text: string): string => text.replace(/req_[0-9a-z]{26}/, "req");
  for (const [procedure, more] of [
    ["approvals.get", {}],
    ["approvals.withdraw", { reason: REASON }],
    ["people.issueLink", {}],
    ["subjects.openBulk", {}],
  ] as const) {
    const [foreign, absent] = [await qui.call(api, procedure, { approvalId: asked.approvalId, ...more }), await qui.call(api, procedure, { approvalId: newId("apr"), ...more })];
    expect([procedure, codeOf(foreign)]).toEqual([procedure, "policy.denied"]);
    expect(bare(absent.text)).toBe(bare(foreign.text));
  }
});
