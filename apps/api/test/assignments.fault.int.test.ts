import { POWERFUL_ACTIONS } from "@sallyport/policy";
import { faultTest } from "@sallyport/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Asked, asked as askedBy, decided as decidedBy } from "./approval-steps.ts";
import { STUDY } from "./dataset.ts";
import type { Reply } from "./door-client.ts";
import { policyAs, type Ports } from "./lax-ports.ts";
import { Persons, type SignedIn } from "./persons.ts";
import { type Api, codeOf, dataOf, type Deployment, deployment, until } from "./stack.ts";
import { provenByDigest } from "./step-up-ports.ts";

const LONG = process.env["SALLYPORT_TEST_LONG"] !== undefined;
const TRIES = LONG ? 1000 : 6;
const REASON = "because the study needs it";
const AT_701 = { role: "clinical_reviewer", study: STUDY, site: "701" } as const;

let at: Deployment;
let api: Api;
let persons: Persons;
let ada: SignedIn;
let ben: SignedIn;
let cyd: SignedIn;
let count = 0;
beforeAll(async () => {
  at = await deployment();
  api = await at.serve({ ports: provenByDigest() });
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

const both =
  (...ports: readonly Ports[]): Ports =>
  (real) =>
    ports.reduce((deps, each) => each(deps), real);
const someone = async (role = "authorized_signer", place: { study?: string; site?: string } = {}): Promise<SignedIn> => {
  const added = await persons.add(`person${(count += 1)}`, role, place);
  await persons.known(api);
  return added;
};
const assign = (on: Api, who: SignedIn, to: SignedIn, what: object = AT_701): Promise<Reply> =>
  who.call(on, "assignments.assign", { principal: to.principal, ...what, reason: REASON });
const assigned = async (...args: Parameters<typeof assign>): Promise<{ readonly from: string }> => (dataOf(await assign(...args)) as { assignment: { from: string } }).assignment;
const ask = (on: Api, who: SignedIn, procedure: string, to: SignedIn, what: object): Promise<Asked> =>
  askedBy(on, who, procedure, { principal: to.principal, ...what, reason: REASON });
const approve = async (on: Api, who: SignedIn, asked: Asked): Promise<string> => codeOf(await decidedBy(on, who, asked, REASON));
const rolesOf = async ({ principal }: SignedIn): Promise<readonly string[]> =>
  (await at.owner.run<{ role: string }>`SELECT role FROM policy.assignments WHERE principal = ${principal} AND (until_ms IS NULL OR until_ms > ${Date.now()}) ORDER BY role`).map(
    ({ role }) => role,
  );
const sees = async (who: SignedIn): Promise<string> => codeOf(await who.call(api, "subjects.list", {}));

test("a role is in force in a live session within a second of being assigned, and gone within a second of its end, both on record with what was before", async () => {
  const eve = await someone();
  expect(await sees(eve)).toBe("policy.denied");
  const before = (await at.records("system")).length;
  const reply = dataOf(await assign(api, ada, eve)) as { assignment: { from: string }; evidence: readonly { chain: string }[] };
  expect(reply.evidence.map(({ chain }) => chain)).toEqual(["system"]);
  await until(async () => (await sees(eve)) === "ok", 1000);
  expect(codeOf(await assign(api, ben, eve))).toBe("assignment.state");
  const { from } = reply.assignment;
  const end = { principal: eve.principal, ...AT_701, from, reason: REASON };
  expect((dataOf(await ben.call(api, "assignments.end", end)) as { evidence: unknown[] }).evidence).toHaveLength(1);
  await until(async () => (await sees(eve)) === "policy.denied", 1000);
  expect(codeOf(await ben.call(api, "assignments.end", end))).toBe("assignment.state");
  const records = (await at.records("system")).slice(before).filter(({ action, decision }) => action === "assignment.change" && decision === "allow");
  expect(records.map(({ principal, resource }) => [principal, resource])).toEqual([ada, ben].map(({ principal }) => [principal, `principal/${eve.principal}`]));
  expect(records[0]?.["detail"]).toContain(`before=none;role=clinical_reviewer;at=${STUDY}/701;from=${from};until=none`);
  expect(records[1]?.["detail"]).toContain(`before=none;role=clinical_reviewer;at=${STUDY}/701;from=${from};until=2`);
  expect(JSON.stringify(records)).not.toContain(REASON);
});

test("an assignment holds from its beginning until its end, and one that is ended before it begins never does", async () => {
  const eve = await someone();
  const soon = new Date(Date.now() + 3_600_000).toISOString();
  const { from } = await assigned(api, ada, eve, { ...AT_701, from: soon });
  expect(from).toBe(soon);
  await persons.known(api);
  expect(await sees(eve)).toBe("policy.denied");
  dataOf(await ada.call(api, "assignments.end", { principal: eve.principal, ...AT_701, from, reason: REASON }));
  const [stored] = await at.owner.run<{ same: boolean }>`SELECT until_ms = from_ms AS same FROM policy.assignments WHERE principal = ${eve.principal} AND role = ${AT_701.role}`;
  expect(stored?.same).toBe(true);
  const shortly = new Date(Date.now() + 1200).toISOString();
  await assigned(api, ada, eve, { ...AT_701, until: shortly });
  await until(async () => (await sees(eve)) === "ok", 1000);
  await until(async () => (await sees(eve)) === "policy.denied", 3000);
});

test("a place that isn't registered, a role that no policy has, and a principal that isn't there are refused", async () => {
  const eve = await someone();
  for (const what of [{ site: "799" }, { study: "NOSUCH" }, { study: "*", site: "701" }, { role: "tea_maker" }, { until: "2020-01-01T00:00:00.000Z" }])
    expect([what, codeOf(await assign(api, ada, eve, { ...AT_701, ...what }))]).toEqual([what, "input.invalid"]);
  expect(codeOf(await assign(api, ada, { ...eve, principal: "svc_nobody" }))).toBe("policy.denied");
  expect(codeOf(await assign(api, eve, ada))).toBe("policy.denied");
  expect(await rolesOf(eve)).toEqual(["authorized_signer"]);
});

test("a service is given a role as a person is", async () => {
  const service = { ...ada, principal: "svc_reviewer701", person: "svc_reviewer701" };
  const at704 = { ...AT_701, site: "704" };
  const sees704 = async (): Promise<string> => codeOf(await api.call("reviewer701", "subjects.list", { site: "704" }));
  expect(await sees704()).toBe("policy.denied");
  const { from } = await assigned(api, ada, service, at704);
  await until(async () => (await sees704()) === "ok", 1000);
  dataOf(await ada.call(api, "assignments.end", { principal: service.principal, ...at704, from, reason: REASON }));
  await until(async () => (await sees704()) === "policy.denied", 1000);
});

test("the roles that may be assigned are shown with what each brings and whether it needs a second person", async () => {
  const { roles } = dataOf(await ada.call(api, "assignments.options", {})) as { roles: readonly { role: string; mayAssign: boolean; needsApproval: boolean; grants: string[] }[] };
  expect(roles.filter(({ needsApproval }) => needsApproval).map(({ role }) => role)).toEqual(["regulatory_reviewer", "security_admin", "key_custodian"]);
  expect(roles.every(({ mayAssign }) => mayAssign)).toBe(true);
  expect(roles.find(({ role }) => role === "ingestion_service")?.grants).toContain("packet.upload packet");
});

test("a powerful role is assigned by two, of whom neither is given it, and by nobody alone", async () => {
  const eve = await someone();
  const what = { role: "security_admin", study: "*", site: "*" };
  expect(codeOf(await assign(api, ada, eve, what))).toBe("approval.required");
  const asked = await ask(api, ada, "requestAssignment", eve, what);
  const { effect } = dataOf(await ben.call(api, "approvals.get", { approvalId: asked.approvalId })) as { effect: readonly object[] };
  expect(effect.slice(0, 3)).toEqual([
    { what: "security_admin over the whole deployment", before: null, after: `held by ${eve.printedName} (person${count})` },
    { what: "begins", before: null, after: "at once" },
    { what: "ends", before: null, after: "no end" },
  ]);
  expect(await approve(api, ben, asked)).toBe("ok");
  expect(await rolesOf(eve)).toEqual(["authorized_signer", "security_admin"]);
  const decided = (await at.records("system")).findLast(({ action }) => action === "approval.decide");
  expect(decided?.["detail"]).toContain(`principal=${eve.principal};role=security_admin;at=*/*`);
  // What one person may do isn't asked for.
  expect(codeOf(await ada.call(api, "approvals.requestAssignment", { principal: eve.principal, ...AT_701, reason: REASON }))).toBe("input.invalid");
  await at.owner.run`UPDATE policy.assignments SET until_ms = ${Date.now()} WHERE principal = ${eve.principal}`;
});

test("what an approval would give is made anew: a request whose beginning has passed, or whose asker lost the right, gives nothing", async () => {
  const [eve, dan] = [await someone(), await someone("security_admin")];
  const what = { role: "key_custodian", study: "*", site: "*" };
  const later = await ask(api, dan, "requestAssignment", eve, what);
  await at.owner.run`UPDATE policy.assignments SET until_ms = 1 WHERE principal = ${dan.principal}`;
  await persons.known(api);
  expect(await approve(api, ben, later)).toBe("approval.changed");
  expect(await rolesOf(eve)).toEqual(["authorized_signer"]);
});

faultTest("R8", "nobody gives themselves a role, nor another account of theirs", async (defence) => {
  // Compared by account, as a system does that knows no persons.
  const byAccount: Ports = (real) => {
    const apart = <T extends { readonly id: string; readonly person: string }>(assignee: T | null): T | null => (assignee === null ? null : { ...assignee, person: assignee.id });
    return {
      ...real,
      assignments: { ...real.assignments, find: async (id) => apart(await real.assignments.find(id)), lock: async (tx, id) => apart(await real.assignments.lock(tx, id)) },
    };
  };
  await using asked = await at.serve({ ports: both(provenByDigest(), ...(defence === "off" ? [byAccount] : [])) });
  const dan = await someone("security_admin");
  const second = await persons.add(`person${(count += 1)}`, "auditor", { as: dan });
  await persons.known(asked);
  const site = defence === "on" ? "701" : "704";
  try {
    expect(codeOf(await assign(asked, dan, dan, { ...AT_701, site }))).toBe("policy.separation");
    expect(codeOf(await assign(asked, dan, second, { ...AT_701, site }))).toBe("policy.separation");
    const powerful = { principal: second.principal, role: "key_custodian", study: "*", site: "*", reason: REASON };
    expect(codeOf(await dan.call(asked, "approvals.requestAssignment", powerful))).toBe("policy.separation");
    // Denied, and told of: once in an hour, however often it is tried.
    expect(await at.owner.run`SELECT about, facts::json ->> 'act' AS act FROM audit.alerts WHERE kind = 'separation.refused' AND about = ${`person/${dan.person}`}`).toEqual([
      { about: `person/${dan.person}`, act: "assignment.change" },
    ]);
  } finally {
    await at.owner.run`UPDATE policy.assignments SET until_ms = 1 WHERE principal = ${dan.principal} AND role = 'security_admin'`;
  }
});

faultTest("R8", "a role that names somebody else for its assigners is assigned by nobody else", async (defence) => {
  const stewardsOnly = policyAs((document) => ({
    ...document,
    roles: document.roles.map((role) => (role.name === AT_701.role ? { ...role, assignableBy: ["data_steward"] } : role)),
  }));
  // Off: whoever may assign anything may assign this too.
  await using asked = await at.serve({ ports: both(provenByDigest(), ...(defence === "on" ? [stewardsOnly] : [])) });
  const eve = await someone();
  await persons.known(asked);
  expect(codeOf(await assign(asked, ada, eve))).toBe("policy.denied");
  expect(await rolesOf(eve)).toEqual(["authorized_signer"]);
});

faultTest("R8", "a role that brings power over others is assigned by nobody alone", async (defence) => {
  // Off: a policy by which the role brings no such thing, as far as the one who judges it sees.
  const harmless = policyAs((document) => ({
    ...document,
    grants: document.grants.filter(({ role, action }) => role !== "regulatory_reviewer" || !POWERFUL_ACTIONS.includes(action)),
  }));
  await using asked = await at.serve({ ports: both(provenByDigest(), ...(defence === "off" ? [harmless] : [])) });
  const eve = await someone();
  await persons.known(asked);
  expect(codeOf(await assign(asked, ada, eve, { role: "regulatory_reviewer", study: STUDY, site: "701" }))).toBe("approval.required");
  expect(await rolesOf(eve)).toEqual(["authorized_signer"]);
});

faultTest("R6", "whom a role is for doesn't decide on it, nor with another account", async (defence) => {
  const aboutNobody: Ports = (real) => {
    const strip = <T extends { readonly concerns: string | null }>(row: T | null): T | null => (row === null ? null : { ...row, concerns: null });
    return {
      ...real,
      approvals: {
        ...real.approvals,
        get: async (grant, id) => strip(await real.approvals.get(grant, id)),
        lock: async (tx, grant, id) => strip(await real.approvals.lock(tx, grant, id)),
      },
    };
  };
  await using asked = await at.serve({ ports: both(provenByDigest(), ...(defence === "off" ? [aboutNobody] : [])) });
  const dan = await someone("security_admin");
  const second = await persons.add(`person${(count += 1)}`, "security_admin", { as: dan });
  await persons.known(asked);
  if (defence === "off") await at.owner.run`ALTER TABLE approvals.votes DISABLE TRIGGER by_another`;
  try {
    const request = await ask(asked, ada, "requestAssignment", dan, { role: "key_custodian", study: "*", site: "*" });
    expect(await approve(asked, dan, request)).toBe("policy.separation");
    expect(await approve(asked, second, request)).toBe("policy.separation");
    expect(await rolesOf(dan)).toEqual(["security_admin"]);
  } finally {
    await at.owner.run`ALTER TABLE approvals.votes ENABLE ALWAYS TRIGGER by_another`;
    await at.owner.run`UPDATE policy.assignments SET until_ms = 1 WHERE role = 'security_admin' AND principal IN (${dan.principal}, ${second.principal})`;
  }
});

faultTest(
  "R9",
  "two administrators who demote each other at once, over and over, leave two administrators each time",
  async (defence) => {
    // Counted without a lock, both see three.
    const unlocked: Ports = (real) => ({
      ...real,
      people: {
        ...real.people,
        people: {
          ...real.people.people,
          lockHolders: async (tx) => {
            const rows = await tx<{ id: string }>`
              SELECT p.id FROM people.persons p JOIN policy.assignments a ON a.principal = p.principal
               WHERE a.role = 'security_admin' AND a.study = '*' AND p.status = 'active' AND a.until_ms IS NULL`;
            await new Promise((resolve) => setTimeout(resolve, 100));
            return rows.map(({ id }) => ({ id, isLasting: true }));
          },
        },
      },
    });
    // A thousand take longer than a connection may last.
    await using asked = await at.serve({ limits: { connectionAgeMs: 3_600_000 }, ports: both(provenByDigest(), ...(defence === "off" ? [unlocked] : [])) });
    const three = [ada, ben, cyd];
    await at.owner.run`UPDATE policy.assignments SET until_ms = 1 WHERE role = 'security_admin' AND until_ms IS NULL AND principal LIKE 'prn_%'
       AND principal NOT IN (${ada.principal}, ${ben.principal}, ${cyd.principal})`;
    const administrators = async (): Promise<readonly string[]> =>
      (
        await at.owner.run<{ principal: string }>`SELECT DISTINCT principal FROM policy.assignments WHERE role = 'security_admin' AND until_ms IS NULL AND principal LIKE 'prn_%'`
      ).map(({ principal }) => principal);
    const beginning = new Map<string, number>(three.map(({ principal }) => [principal, 0]));
    const demotion = (by: SignedIn, about: SignedIn) =>
      ask(asked, by, "requestAssignmentEnd", about, { role: "security_admin", study: "*", site: "*", from: new Date(beginning.get(about.principal) ?? 0).toISOString() });
    expect(
      codeOf(
        await ada.call(asked, "assignments.end", { principal: ben.principal, role: "security_admin", study: "*", site: "*", from: new Date(0).toISOString(), reason: REASON }),
      ),
    ).toBe("approval.required");
    for (let each = 0; each < (defence === "on" ? TRIES : 3); each += 1) {
      // Either the third approves what each asked about the other, or each approves what the third asked about the other.
      const isByThird = defence === "on" && each % 2 === 1;
      const aboutBen = await demotion(isByThird ? ada : cyd, ben);
      const aboutAda = await demotion(isByThird ? ben : cyd, ada);
      const outcomes = await Promise.all([approve(asked, isByThird ? cyd : ada, aboutBen), approve(asked, isByThird ? cyd : ben, aboutAda)]);
      const left = await administrators();
      for (const [at_, who] of three.entries()) {
        if (left.includes(who.principal)) continue;
        const fromMs = Date.now() - 1000 + at_;
        beginning.set(who.principal, fromMs);
        await at.owner.run`INSERT INTO policy.assignments (principal, role, study, site, from_ms) VALUES (${who.principal}, 'security_admin', '*', '*', ${fromMs})`;
      }
      await persons.known(asked);
      expect(left.length, outcomes.join(" ")).toBe(2);
      expect(outcomes.toSorted()).not.toEqual(["ok", "ok"]);
    }
  },
  LONG ? 3_600_000 : 60_000,
);
