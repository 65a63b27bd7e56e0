import { faultTest } from "@sallyport/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { STUDY } from "./dataset.ts";
import { jtiOf } from "./door-client.ts";
import { letInForGood } from "./lax-ports.ts";
import { Persons, type SignedIn } from "./persons.ts";
import { type Api, codeOf, dataOf, type Deployment, deployment, until, type Who } from "./stack.ts";
import { proofOver, provenByDigest } from "./step-up-ports.ts";

const REASON = "an incident at the site";
interface Set_ {
  readonly lockId: string;
  readonly until: string | null;
  readonly sessionsEnded: number;
}

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

const someone = async (): Promise<SignedIn> => {
  const added = await persons.add(`person${(count += 1)}`, "clinical_reviewer", { study: STUDY });
  await persons.known(api);
  return added;
};
const set = async (target: object, who = ada, more: object = {}): Promise<Set_> => dataOf(await who.call(api, "locks.set", { target, reason: REASON, ...more })) as Set_;
const setting = async (target: object, who = ada, more: object = {}): Promise<string> => codeOf(await who.call(api, "locks.set", { target, reason: REASON, ...more }));
const lift = async (lockId: string, who = ada): Promise<string> => codeOf(await who.call(api, "locks.lift", { lockId, reason: REASON }));
const asService = async (who: Who, procedure = "subjects.list", input: object = {}): Promise<string> => codeOf(await api.call(who, procedure, input));
const personal = ({ person }: SignedIn): object => ({ kind: "person", personId: person });
const inASecond = (test_: () => Promise<boolean>): Promise<number> => until(test_, 1000);

test("a person is stopped within a second, and their sessions don't come back when the lock is lifted", async () => {
  const eve = await someone();
  const sees = async (): Promise<string> => codeOf(await eve.call(api, "subjects.list", {}));
  expect(await sees()).toBe("ok");
  const { lockId, until: end, sessionsEnded } = await set(personal(eve));
  expect([end, sessionsEnded]).toEqual([null, 1]);
  const isLocked = async (): Promise<boolean | undefined> =>
    (dataOf(await ada.call(api, "people.list", {})) as { people: readonly { personId: string; isLocked: boolean }[] }).people.find(({ personId }) => personId === eve.person)
      ?.isLocked;
  expect(await isLocked()).toBe(true);
  await inASecond(async () => (await sees()) !== "ok");
  expect(["token.revoked", "session.ended"]).toContain(await sees());
  expect(await setting(personal(eve), ben)).toBe("lock.state");
  const needs = async (): Promise<readonly { kind: string; count: number }[]> =>
    (dataOf(await ada.call(api, "overview.get", {})) as { needs: readonly { kind: string; count: number }[] }).needs.filter(({ kind }) => kind === "lock");
  await inASecond(async () => (await needs()).length === 1);
  expect((await needs()).map(({ count }) => count)).toEqual([1]);
  expect(await lift(lockId)).toBe("ok");
  expect(await isLocked()).toBe(false);
  await inASecond(async () => (await needs()).length === 0);
  expect(await lift(lockId)).toBe("lock.state");
  await persons.known(api);
  expect(await sees()).toBe("session.ended");
  const records = (await at.records("system")).filter(({ action, resource }) => action === "lock.set" && resource === `lock/person/${eve.person}`);
  expect(records.map(({ decision, principal }) => [decision, principal])).toEqual([
    ["allow", ada.principal],
    ["deny", ben.principal],
  ]);
  expect(records[0]?.["detail"]).toContain(`lock=${lockId};until=none;sessions=1`);
  expect(JSON.stringify(records)).not.toContain(REASON);
});

test("a service, a role and a token are stopped within a second, and go on once the lock is lifted", async () => {
  const stops: readonly (readonly [object, () => Promise<string>])[] = [
    [{ kind: "workload", workload: at.spiffe("reviewer704") }, () => asService("reviewer704")],
    [{ kind: "role", role: "data_steward" }, () => asService("steward701", "packets.list")],
  ];
  for (const [target, asked] of stops) {
    expect(await asked()).toBe("ok");
    const { lockId } = await set(target);
    await inASecond(async () => (await asked()) !== "ok");
    expect(await lift(lockId)).toBe("ok");
    await inASecond(async () => (await asked()) === "ok");
  }
  const token = at.forge("reviewer");
  const client = api.client("reviewer");
  expect((await client.call("subjects.list", {}, token)).status).toBe(200);
  const { lockId } = await set({ kind: "token", jti: jtiOf(token) });
  await inASecond(async () => codeOf(await client.call("subjects.list", {}, token)) === "token.revoked");
  expect((await client.call("subjects.list", {}, at.forge("reviewer"))).status).toBe(200);
  expect(await lift(lockId)).toBe("ok");
});

test("at a site that is stopped nothing is done but to read what is on record, and lists leave it out", async () => {
  const sites = async (): Promise<readonly string[]> =>
    (dataOf(await api.call("reviewer", "subjects.list", {})) as { bySite: readonly { site: string }[] }).bySite.map(({ site }) => site);
  expect(await sites()).toEqual(["701", "704"]);
  const { lockId } = await set({ kind: "site", study: STUDY, site: "704" });
  await inASecond(async () => (await asService("reviewer704")) === "policy.denied");
  expect(await sites()).toEqual(["701"]);
  expect(await asService("steward", "packets.list")).toBe("ok");
  expect(await asService("auditor", "trail.verify", { chains: [`site:${STUDY}/704`] })).toBe("ok");
  expect(await asService("reviewer704", "access.mine")).toBe("ok");
  expect(await lift(lockId)).toBe("ok");
  await inASecond(async () => (await asService("reviewer704")) === "ok");
});

test("an upload stops with its service, keeps what had come, and goes on after it", async () => {
  const content = Buffer.alloc(3 * 1024 * 1024, 0x20);
  const { packetId } = dataOf(await api.call("ingest", "packets.begin", { study: STUDY, files: [{ name: "dm.json", bytes: content.length }] })) as { packetId: string };
  const token = at.forge("ingest");
  const part = (offset: number) => api.client("ingest").part({ packetId, file: 1, offset }, content.subarray(offset, offset + 1024 * 1024), token);
  expect((await part(0)).status).toBe(200);
  const { lockId } = await set({ kind: "workload", workload: at.spiffe("ingest") });
  await inASecond(async () => (await asService("ingest", "packets.progress", { packetId })) !== "ok");
  expect(codeOf(await part(1024 * 1024))).toBe("token.revoked");
  expect(await lift(lockId)).toBe("ok");
  await inASecond(async () => (await asService("ingest", "packets.progress", { packetId })) === "ok");
  expect(dataOf(await api.call("ingest", "packets.progress", { packetId }))).toMatchObject({ files: [{ received: 1024 * 1024 }] });
  expect((await part(1024 * 1024)).status).toBe(200);
});

test("a lock with an end is over by itself", async () => {
  await set({ kind: "role", role: "data_steward" }, ada, { until: new Date(Date.now() + 1500).toISOString() });
  await inASecond(async () => (await asService("steward701", "packets.list")) !== "ok");
  await until(async () => (await asService("steward701", "packets.list")) === "ok", 3000);
});

test("what isn't there, an end that has passed, and what would leave nobody to lift it are refused", async () => {
  expect(await setting({ kind: "workload", workload: `spiffe://${at.trustDomain}/service/nobody` })).toBe("policy.denied");
  expect(await setting({ kind: "site", study: STUDY, site: "799" })).toBe("policy.denied");
  expect(await setting({ kind: "role", role: "tea_maker" })).toBe("policy.denied");
  expect(await setting({ kind: "role", role: "security_admin" })).toBe("people.floor");
  expect(await setting({ kind: "role", role: "auditor" }, ada, { until: "2026-01-01T00:00:00.000Z" })).toBe("input.invalid");
  expect(await setting({ kind: "role", role: "auditor" }, await someone())).toBe("policy.denied");
});

test("an administrator is stopped whoever is left, for a day, by the same person once in a week; a colleague's lock is lifted by two", async () => {
  const dan = await persons.add("dan", "security_admin");
  await persons.known(api);
  const { lockId, until: end, sessionsEnded } = await set(personal(dan), ada, { until: "2100-01-01T00:00:00.000Z" });
  expect(sessionsEnded).toBe(1);
  expect(Date.parse(end ?? "") - Date.now()).toBeLessThanOrEqual(24 * 3_600_000);
  expect(await lift(lockId, ben)).toBe("approval.required");
  const { approval } = dataOf(await ben.call(api, "approvals.requestLockLift", { lockId, reason: REASON })) as { approval: { approvalId: string; digest: string; about: string } };
  expect(approval.about).toBe("dan Person (dan)");
  const approve = { approvalId: approval.approvalId, digest: approval.digest, verdict: "approve", reason: REASON };
  expect(codeOf(await cyd.call(api, "approvals.decide", { ...approve, proof: proofOver(approval.digest, cyd.person) }))).toBe("ok");
  const { locks } = dataOf(await ada.call(api, "locks.list", {})) as { locks: readonly Record<string, unknown>[] };
  expect(locks.find((each) => each["lockId"] === lockId)).toMatchObject({
    target: { kind: "person", personId: dan.person },
    label: "dan Person (dan)",
    setBy: "ada Person (ada)",
    reason: REASON,
    lifted: { by: "ben Person (ben)" },
    isInForce: false,
    mayLift: null,
  });
  expect(await setting(personal(dan))).toBe("lock.repeated");
  const again = await set(personal(dan), cyd);
  expect(await lift(again.lockId, cyd)).toBe("ok");
  await at.owner.run`UPDATE policy.assignments SET until_ms = 1 WHERE principal = ${dan.principal}`;
});

faultTest("T12", "whoever is stopped opens nothing from the next second on, on any node", async (defence) => {
  await using other = await at.serve({ ports: defence === "off" ? letInForGood : (real) => real });
  const eve = await someone();
  await persons.known(other);
  expect(codeOf(await eve.call(other, "subjects.list", {}))).toBe("ok");
  await set(personal(eve));
  const endMs = performance.now() + 1000;
  let answer = "ok";
  while (answer === "ok" && performance.now() < endMs) answer = codeOf(await eve.call(other, "subjects.list", {}));
  expect(answer).not.toBe("ok");
});
