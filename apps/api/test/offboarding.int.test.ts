import { newId, sha256Hex } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Asked, asked as askedBy, decided as decidedBy } from "./approval-steps.ts";
import { STUDY } from "./dataset.ts";
import { Persons, type SignedIn } from "./persons.ts";
import { type Api, codeOf, dataOf, type Deployment, deployment, until } from "./stack.ts";
import { provenByDigest } from "./step-up-ports.ts";

const REASON = "has left the company";
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
const ask = (who: SignedIn, procedure: string, input: object): Promise<Asked> => askedBy(api, who, procedure, { ...input, reason: REASON });
const approve = async (who: SignedIn, on: Asked): Promise<string> => codeOf(await decidedBy(api, who, on, REASON));
const offboard = async ({ person: personId }: SignedIn, who = ada): Promise<string> => codeOf(await who.call(api, "people.offboard", { personId, reason: REASON }));
const credentialOf = async ({ person }: SignedIn): Promise<string> => {
  const id = newId("cred").replace("_", "-");
  await at.owner.run`
    INSERT INTO people.passkeys (id, person, credential_id, public_key, counter, label, basis, added_at_ms) VALUES (${newId("aut")}, ${person}, ${id}, 'pk', 0, 'A key', 'own', 1)`;
  return id;
};
/** What somebody has that they could act by, or that waits for them. */
async function left(person: string): Promise<unknown> {
  const [row] = await at.owner.run<{ all: unknown }>`SELECT json_build_object(
    'status', (SELECT status FROM people.persons WHERE id = ${person}),
    'principals', (SELECT json_agg(DISTINCT status) FROM policy.principals WHERE person = ${person}),
    'sessions', (SELECT count(*) FROM people.sessions WHERE person = ${person} AND ended_ms IS NULL),
    'passkeys', (SELECT count(*) FROM people.passkeys WHERE person = ${person}),
    'links', (SELECT count(*) FROM people.links WHERE person = ${person} AND state = 'open'),
    'assignments', (SELECT count(*) FROM policy.assignments a JOIN policy.principals p ON p.id = a.principal
                     WHERE p.person = ${person} AND (a.until_ms IS NULL OR a.until_ms > greatest(a.from_ms, ${Date.now()}))),
    'requests', (SELECT count(*) FROM approvals.requests WHERE state = 'requested' AND (requested_by_person = ${person} OR concerns = ${person}))) AS all`;
  return row?.all;
}
const NOTHING = { status: "left", principals: ["suspended"], sessions: 0, passkeys: 0, links: 0, assignments: 0, requests: 0 };

test("somebody is offboarded in one act: all that they could act by ends together, with every account, and what waited for them", async () => {
  const eve = await someone("eve", "clinical_reviewer", { study: STUDY, site: "701" });
  const second = await persons.add("eve.second", "clinical_reviewer", { study: STUDY, site: "704", as: eve });
  await persons.known(api);
  const credential = await credentialOf(eve);
  await at.owner.run`
    INSERT INTO people.links (id, secret_hash, kind, person, expires_ms) VALUES (${newId("lnk")}, ${sha256Hex("eve")}, 'recovery', ${eve.person}, ${Date.now() + 3_600_000})`;
  dataOf(await ada.call(api, "assignments.assign", { principal: eve.principal, role: "auditor", study: STUDY, site: "701", from: "2090-01-01T00:00:00.000Z", reason: REASON }));
  const { items } = dataOf(await eve.call(api, "subjects.list", {})) as { items: readonly { subjectId: string }[] };
  await ask(eve, "requestBulkReveal", { subjectId: items[0]?.subjectId, fields: ["DM.SUBJID"], purpose: "audit" });
  await ask(ben, "requestSuspend", { personId: eve.person });
  expect(await left(eve.person)).toMatchObject({ status: "active", sessions: 2, passkeys: 1, links: 1, assignments: 3, requests: 2 });

  expect(await offboard(eve)).toBe("ok");
  expect(await left(eve.person)).toEqual(NOTHING);
  expect(forgotten).toEqual([credential]);
  await until(async () => (await eve.call(api, "subjects.list", {})).status === 401 && (await second.call(api, "subjects.list", {})).status === 401, 1000);
  const [record] = (await at.records("system")).filter(({ action, decision }) => action === "person.offboard" && decision === "allow");
  expect(record).toMatchObject({ principal: ada.principal, resource: `person/${eve.person}` });
  expect(record?.["detail"]).toContain("before=active;after=left;sessions=2;assignments=3;passkeys=1;requests=2");
  // The name stays where it was, and is nobody else's.
  const { people } = dataOf(await ada.call(api, "people.list", {})) as { people: readonly { username: string; printedName: string; status: string }[] };
  expect(people.find(({ username }) => username === "eve")).toMatchObject({ printedName: "eve Person", status: "left" });
  const invite = { username: "eve", printedName: "Eve Again", role: "auditor", study: "*", site: "*", reason: REASON };
  expect(codeOf(await ada.call(api, "approvals.requestInvite", invite))).toBe("people.taken");
});

test("nothing begins for somebody who has left, by any act, and by no row that the database would take", async () => {
  const fay = await someone("fay", "clinical_reviewer", { study: STUDY });
  expect(await offboard(fay)).toBe("ok");
  expect(await offboard(fay)).toBe("people.state");
  const personId = { personId: fay.person, reason: REASON };
  for (const procedure of ["requestReinstate", "requestRecovery", "requestSuspend", "requestOffboard"])
    expect([procedure, codeOf(await ada.call(api, `approvals.${procedure}`, personId))]).toEqual([procedure, "people.state"]);
  expect(codeOf(await ada.call(api, "assignments.assign", { principal: fay.principal, role: "auditor", study: STUDY, site: "701", reason: REASON }))).toBe("policy.denied");
  await expect(at.owner.run`UPDATE people.persons SET status = 'active' WHERE id = ${fay.person}`).rejects.toThrow(SallyportError);
  await expect(at.owner.run`INSERT INTO policy.assignments (principal, role, study, site, from_ms) VALUES (${fay.principal}, 'auditor', '*', '*', 1)`).rejects.toThrow(
    SallyportError,
  );
  await expect(at.owner.run`INSERT INTO policy.principals (id, name, kind, person) VALUES (${newId("prn")}, 'Fay', 'person', ${fay.person})`).rejects.toThrow(SallyportError);
  await expect(credentialOf(fay)).rejects.toThrow(SallyportError);
  expect(await left(fay.person)).toEqual(NOTHING);
});

test("where the custodian can't forget what they signed in with, nothing is done", async () => {
  const gus = await someone("gus", "clinical_reviewer", { study: STUDY });
  await credentialOf(gus);
  await using failing = await at.serve({
    ports: (real) => ({ ...real, credentials: { ...real.credentials, forget: () => Promise.reject(new SallyportError("service.unavailable")) } }),
  });
  const before = await left(gus.person);
  expect((await ada.call(failing, "people.offboard", { personId: gus.person, reason: REASON })).status).toBe(503);
  expect(await left(gus.person)).toEqual(before);
});

test("an administrator is offboarded by two others, as long as two remain, and nobody offboards themselves", async () => {
  const dan = await someone("dan", "security_admin");
  expect([await offboard(dan), await offboard(ada)]).toEqual(["approval.required", "policy.separation"]);
  const asked = await ask(ada, "requestOffboard", { personId: dan.person });
  expect(await approve(dan, asked)).toBe("policy.separation");
  expect(await approve(ben, asked)).toBe("ok");
  expect(await left(dan.person)).toEqual(NOTHING);
  expect(await approve(ben, await ask(ada, "requestOffboard", { personId: cyd.person }))).toBe("ok");
  await persons.known(api);
  expect(codeOf(await ada.call(api, "approvals.requestOffboard", { personId: ben.person, reason: REASON }))).toBe("people.floor");
  expect(await left(ben.person)).toMatchObject({ status: "active" });
});
