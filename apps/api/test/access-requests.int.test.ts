import { afterAll, beforeAll, expect, test } from "vitest";
import { type Asked, asked as askedBy, decided as decidedBy } from "./approval-steps.ts";
import { STUDY } from "./dataset.ts";
import type { Reply } from "./door-client.ts";
import { policyAs } from "./lax-ports.ts";
import { Persons, type SignedIn } from "./persons.ts";
import { type Api, codeOf, dataOf, type Deployment, deployment, OTHER_STUDY, until } from "./stack.ts";
import { provenByDigest } from "./step-up-ports.ts";

const REASON = "covers for a colleague who is ill";
/** The chain that is under an incident. */
let underIncident: string | null = null;
let at: Deployment;
let api: Api;
let persons: Persons;
let ada: SignedIn;
let ben: SignedIn;
let eve: SignedIn;
let sam: SignedIn;
beforeAll(async () => {
  at = await deployment();
  api = await at.serve({ ports: (real) => ({ ...provenByDigest()(real), incidentOf: (chain) => (chain === underIncident ? { id: "inc_1", chain } : null) }) });
  await at.seed(api);
  persons = await Persons.of(at);
  [ada, ben] = [await persons.add("ada", "security_admin"), await persons.add("ben", "security_admin")];
  eve = await persons.add("eve", "authorized_signer", { study: STUDY, site: "701" });
  sam = await persons.add("sam", "security_admin", { study: STUDY, site: "701" });
  await persons.known(api);
});
afterAll(async () => {
  persons?.close();
  await api?.close();
  await at?.close();
});

const inDays = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString();
const wanted = (over: object = {}) => ({ role: "clinical_reviewer", study: STUDY, site: "704", until: inDays(5), reason: REASON, ...over });
const ask = (who: SignedIn, over: object = {}): Promise<Asked> => askedBy(api, who, "requestAccess", wanted(over));
const approve = async (who: SignedIn, asked: Asked, on = api): Promise<string> => codeOf(await decidedBy(on, who, asked, REASON));

test("somebody asks for a role for themselves, sees their request, and holds it until its end once an administrator has approved it", async () => {
  expect(codeOf(await eve.call(api, "subjects.list", { site: "704" }))).toBe("policy.denied");
  const before = (await at.records(`site:${STUDY}/701`)).length;
  const asked = await ask(eve);
  expect((await at.records(`site:${STUDY}/701`)).length).toBeLessThanOrEqual(before + 1);
  const own = dataOf(await eve.call(api, "approvals.get", { approvalId: asked.approvalId })) as { reason: string; whyNot: string };
  expect(own).toMatchObject({ reason: REASON, whyNot: "own_request" });
  const { items } = dataOf(await ada.call(api, "approvals.list", {})) as { items: readonly { kind: string; about: string; mayDecide: boolean }[] };
  expect(items).toMatchObject([{ kind: "access.request", about: "eve Person (eve)", mayDecide: true }]);
  expect(await approve(eve, asked)).toBe("policy.denied");
  expect(await approve(ada, asked)).toBe("ok");
  await until(async () => codeOf(await eve.call(api, "subjects.list", { site: "704" })) === "ok", 1000);
  const [held] = await at.owner.run<{ until_ms: string }>`SELECT until_ms FROM policy.assignments WHERE principal = ${eve.principal} AND site = '704'`;
  expect(Number(held?.until_ms)).toBeLessThan(Date.now() + 6 * 86_400_000);
  const decided = (await at.records("system")).findLast(({ action, decision }) => action === "approval.decide" && decision === "allow");
  expect(decided?.["detail"]).toContain(`principal=${eve.principal};before=none;role=clinical_reviewer;at=${STUDY}/704`);
});

test("a request is its asker's to see and to withdraw, and nobody's at a site; it is decided over the deployment", async () => {
  const asked = await ask(eve, { role: "auditor" });
  for (const who of [sam]) {
    expect(codeOf(await who.call(api, "approvals.get", { approvalId: asked.approvalId }))).toBe("policy.denied");
    expect(codeOf(await who.call(api, "approvals.withdraw", { approvalId: asked.approvalId, reason: REASON }))).toBe("policy.denied");
    expect(await approve(who, asked)).toBe("policy.denied");
  }
  expect(codeOf(await eve.call(api, "approvals.withdraw", { approvalId: asked.approvalId, reason: REASON }))).toBe("ok");
  expect(await approve(ada, asked)).toBe("approval.state");
});

test("an end that has passed or is too far, a role or place that isn't there, and one's own approval are refused", async () => {
  for (const over of [{ until: inDays(-1) }, { until: inDays(91) }, { role: "tea_maker" }, { study: "*", site: "701" }])
    expect([over, codeOf(await eve.call(api, "approvals.requestAccess", wanted(over)))]).toEqual([over, "input.invalid"]);
  const asked = await ask(ada, { role: "key_custodian", study: "*", site: "*" });
  expect(await approve(ada, asked)).toBe("policy.separation");
  expect(await approve(ben, asked)).toBe("ok");
});

test("asking tells nothing about which places there are: that is for whoever approves to find out", async () => {
  const bare = ({ status, text }: Reply): unknown => [status, Object.keys((JSON.parse(text) as { result: { data: { approval: object } } }).result.data.approval)];
  const [there, absent] = [
    await eve.call(api, "approvals.requestAccess", wanted({ study: OTHER_STUDY, site: "901" })),
    await eve.call(api, "approvals.requestAccess", wanted({ site: "799" })),
  ];
  expect(bare(absent)).toEqual(bare(there));
  const effects = await Promise.all(
    [there, absent].map(async (reply) => {
      const { approval } = dataOf(reply) as { approval: Asked };
      const { effect } = dataOf(await eve.call(api, "approvals.get", { approvalId: approval.approvalId })) as { effect: readonly { what: string }[] };
      return effect.map(({ what }) => what.replace(/ at .*/, ""));
    }),
  );
  expect(effects[1]).toEqual(effects[0]);
  const { approval } = dataOf(absent) as { approval: Asked };
  expect(await approve(ada, approval)).toBe("input.invalid");
});

test("whoever approves has to be one who may assign the role", async () => {
  const asked = await ask(eve, { role: "data_steward" });
  const stewardsOnly = policyAs((document) => ({
    ...document,
    roles: document.roles.map((role) => (role.name === "data_steward" ? { ...role, assignableBy: ["data_steward"] } : role)),
  }));
  await using other = await at.serve({ ports: (real) => stewardsOnly(provenByDigest()(real)) });
  expect(await approve(ben, asked, other)).toBe("policy.denied");
  const [row] = await at.owner.run<{ state: string; votes: number }>`
    SELECT r.state, (SELECT count(*)::integer FROM approvals.votes v WHERE v.request = r.id) AS votes FROM approvals.requests r WHERE r.id = ${asked.approvalId}`;
  expect(row).toEqual({ state: "requested", votes: 0 });
});

test("a request doesn't outlive its asker's last role", async () => {
  const fay = await persons.add("fay", "authorized_signer", { study: STUDY, site: "701" });
  await persons.known(api);
  const asked = await ask(fay);
  await at.owner.run`UPDATE policy.assignments SET until_ms = 1 WHERE principal = ${fay.principal}`;
  await persons.known(api);
  expect(await approve(ada, asked)).toBe("approval.changed");
});

test("while the deployment's own chain is under an incident nobody is given what they asked for; it waits", async () => {
  const asked = await ask(eve, { role: "clinical_reviewer", study: OTHER_STUDY, site: "*" });
  underIncident = "system";
  try {
    expect(await approve(ben, asked)).toBe("trail.quarantined");
  } finally {
    underIncident = null;
  }
  expect(await approve(ben, asked)).toBe("ok");
});
