import { newId, sha256Hex } from "@sallyport/crypto";
import type { Person, Session } from "@sallyport/people";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectDatabase, type Database, type Tx } from "./database.ts";
import { policyStore } from "./policy-store.ts";
import { peopleStores } from "./sign-in-stores.ts";
import { type MigratedDatabase, migratedDatabase } from "./testing.ts";

let db: MigratedDatabase;
let database: Database;

beforeAll(async () => {
  db = await migratedDatabase();
  database = connectDatabase({ url: db.apiUrl, max: 8, applicationName: "test" });
});
afterAll(async () => {
  await database.close();
  await db.drop();
});

const NOW = Date.UTC(2026, 10, 22, 12);
const stores = () => peopleStores(database);
const inTx = <T>(work: (tx: Tx) => Promise<T>): Promise<T> => database.transaction(work);
let names = 0;

async function somebody(over: Partial<Person> = {}): Promise<Person> {
  const person: Person = { id: newId("per"), principal: newId("prn"), username: `user${(names += 1)}`, printedName: "Some Body", status: "active", ...over };
  await inTx((tx) => stores().people.register(tx, person));
  return person;
}

async function sessionOf(person: Person, over: Partial<Session> = {}): Promise<Session> {
  const id = newId("ses");
  const session: Session = {
    id,
    person: person.id,
    principal: person.principal,
    via: "console",
    workload: "spiffe://d1.sallyport/zone/edge/console",
    method: "passkey",
    startedMs: NOW,
    lastSeenMs: NOW,
    endsMs: NOW + 1000,
    ended: null,
    ...over,
  };
  await inTx((tx) => stores().sessions.begin(tx, session, sha256Hex(id)));
  return session;
}

test("a user name is nobody else's for ever, and a printed name may be two people's", async () => {
  const first = await somebody({ username: "taken", status: "suspended" });
  await expect(somebody({ username: "taken" })).rejects.toMatchObject({ code: "people.taken" });
  expect(await stores().people.byUsername("taken")).toEqual(first);
  const names = await policyStore(database).names();
  expect(names[first.principal]).toBe("Some Body");
});

test("a person's principal has no workload, and a service's has one", async () => {
  const { principal } = await somebody();
  const { principals } = await policyStore(database).snapshot();
  expect(principals.find(({ id }) => id === principal)).toMatchObject({ kind: "person", workload: null, status: "active" });
  await expect(database.run`INSERT INTO policy.principals (id, name, kind, person, workload) VALUES ('x', 'x', 'service', 'x', NULL)`).rejects.toMatchObject({
    context: { sqlstate: "23514" },
  });
});

test("of twenty claims at once exactly five are let through, the fifth locks, and another name or method is not touched", async () => {
  const { attempts } = stores();
  const name = sha256Hex("somebody");
  const at = { nowMs: NOW, limit: 5, lockMs: 900_000 };
  const claims = await Promise.all(Array.from({ length: 20 }, () => attempts.claim(name, "password", at)));
  expect(claims.filter(({ isOpen }) => isOpen)).toHaveLength(5);
  expect(claims.filter(({ locks }) => locks)).toHaveLength(1);
  expect(await attempts.locked([name, sha256Hex("other")], NOW)).toEqual([{ name, method: "password", untilMs: NOW + 900_000 }]);
  expect((await attempts.claim(name, "passkey", at)).isOpen).toBe(true);
  expect((await attempts.claim(sha256Hex("other"), "password", at)).isOpen).toBe(true);
  expect((await attempts.claim(name, "password", { ...at, nowMs: NOW + 899_999 })).isOpen).toBe(false);
  expect(await attempts.claim(name, "password", { ...at, nowMs: NOW + 900_000 })).toEqual({ isOpen: true, locks: false });
});

test("a challenge is taken once, for its own purpose, in time", async () => {
  const { ceremonies } = stores();
  const put = async (expiresMs = NOW + 1): Promise<string> => {
    const id = newId("cer");
    await ceremonies.put({ id, purpose: "sign_in", binding: "", expected: "c", expiresMs });
    return id;
  };
  const id = await put();
  const taken = await Promise.all([1, 2, 3].map(() => ceremonies.take(id, "sign_in", NOW)));
  expect(taken.filter((each) => each !== null)).toHaveLength(1);
  expect(await ceremonies.take(await put(), "add_passkey", NOW)).toBeNull();
  expect(await ceremonies.take(await put(NOW), "sign_in", NOW)).toBeNull();
});

test("a newer link makes the one before it worthless, and a link is used once", async () => {
  const person = await somebody({ status: "invited" });
  const { links } = stores();
  const issue = (secret: string) =>
    inTx((tx) => links.issue(tx, { id: newId("lnk"), kind: "invitation", person: person.id, approval: null, expiresMs: NOW + 1000 }, sha256Hex(secret)));
  await issue("first");
  await issue("second");
  expect(await links.open(sha256Hex("first"), NOW)).toBeNull();
  expect(await links.open(sha256Hex("second"), NOW)).toMatchObject({ person: person.id });
  expect(await links.open(sha256Hex("second"), NOW + 1000)).toBeNull();
  const used = await Promise.all([1, 2].map(() => inTx((tx) => links.use(tx, sha256Hex("second"), NOW))));
  expect(used.toSorted((a, b) => Number(a) - Number(b))).toEqual([false, true]);
});

test("a session that has ended takes no token, is not seen, and does not come back", async () => {
  const session = await sessionOf(await somebody());
  const { sessions } = stores();
  expect(await inTx((tx) => sessions.addToken(tx, session.id, "tok_1", 4e9))).toBe(true);
  const before = await sessions.epoch();
  await sessions.seen([{ id: session.id, atMs: NOW + 5 }]);
  await sessions.seen([{ id: session.id, atMs: NOW + 2 }]);
  expect(await sessions.byToken("tok_1")).toMatchObject({ lastSeenMs: NOW + 5, ended: null, tokens: ["tok_1"] });
  expect(await sessions.epoch()).toBe(before);
  expect(await inTx((tx) => sessions.end(tx, session.id, "signed_out", NOW))).toBe(true);
  expect(await inTx((tx) => sessions.end(tx, session.id, "idle", NOW))).toBe(false);
  expect(await sessions.epoch()).toBeGreaterThan(before);
  expect(await inTx((tx) => sessions.addToken(tx, session.id, "tok_2", 4e9))).toBe(false);
  await expect(database.run`UPDATE people.sessions SET ended_ms = NULL, ended_why = NULL WHERE id = ${session.id}`).rejects.toMatchObject({ code: "policy.denied" });
  expect((await sessions.snapshot(NOW - 1)).sessions.find(({ id }) => id === session.id)).toMatchObject({ ended: "signed_out", tokens: ["tok_1"] });
  expect((await sessions.snapshot(NOW)).sessions.find(({ id }) => id === session.id)).toBeUndefined();
});

test("suspending stops the principal and every token of this second and before", async () => {
  const person = await somebody();
  await inTx((tx) => stores().people.setStatus(tx, person.id, "suspended", NOW + 400));
  const found = (await policyStore(database).snapshot()).principals.find(({ id }) => id === person.principal);
  expect(found).toMatchObject({ status: "suspended", tokensFromS: NOW / 1000 + 1 });
  await inTx((tx) => stores().people.setStatus(tx, person.id, "active", NOW + 9999));
  expect((await policyStore(database).snapshot()).principals.find(({ id }) => id === person.principal)).toMatchObject({ status: "active", tokensFromS: NOW / 1000 + 1 });
});

test("a time step and a counter are taken once, and only forward", async () => {
  const { people } = stores();
  const person = await somebody();
  const made = { person: person.id, label: "-", basis: "invitation" as const, addedAtMs: NOW, lastUsedAtMs: null };
  await inTx((tx) => people.setPassword(tx, { ...made, id: newId("aut"), kind: "password", hash: "$argon2id$x", sealedTotp: "sp1.k.v", lastStep: 10 }));
  const steps = await Promise.all([11, 11, 11].map((step) => inTx((tx) => people.useStep(tx, person.id, step, NOW))));
  expect(steps.filter(Boolean)).toHaveLength(1);
  expect(await inTx((tx) => people.useStep(tx, person.id, 10, NOW))).toBe(false);
  const credentialId = "A".repeat(22);
  await inTx((tx) => people.addPasskey(tx, { ...made, id: newId("aut"), kind: "passkey", credentialId, publicKey: "B".repeat(40), counter: 0 }));
  expect(await inTx((tx) => people.usePasskey(tx, credentialId, 0, NOW))).toBe(true);
  expect(await inTx((tx) => people.usePasskey(tx, credentialId, 4_000_000_000, NOW))).toBe(true);
  expect(await inTx((tx) => people.usePasskey(tx, credentialId, 4_000_000_000, NOW))).toBe(false);
  expect(await inTx((tx) => people.usePasskey(tx, credentialId, 0, NOW))).toBe(false);
  expect((await people.authenticators(person.id)).map(({ kind }) => kind)).toEqual(["passkey", "password"]);
  expect(await inTx((tx) => people.removeAuthenticators(tx, person.id))).toEqual([credentialId]);
  expect(await people.authenticators(person.id)).toEqual([]);
});

test("of two administrators who are suspended at once, each transaction sees the other's outcome", async () => {
  const both = [await somebody(), await somebody()];
  for (const { principal } of both) await inTx((tx) => stores().people.assign(tx, principal, { role: "floor_role", study: "*", site: "*", fromMs: 0, untilMs: null }));
  const suspend = (person: Person) =>
    inTx(async (tx) => {
      const holders = await stores().people.lockHolders(tx, "floor_role", NOW);
      if (holders.length < 2) return "kept";
      await stores().people.setStatus(tx, person.id, "suspended", NOW);
      return "suspended";
    });
  expect((await Promise.all(both.map(suspend))).toSorted((a, b) => a.localeCompare(b))).toEqual(["kept", "suspended"]);
});

test("a terminal's request is decided once, by its user code, and taken once", async () => {
  const person = await somebody();
  const session = await sessionOf(person);
  const { terminals } = stores();
  await terminals.ask({ deviceHash: sha256Hex("d"), userHash: sha256Hex("u"), workload: "w", expiresMs: NOW + 10 });
  const decide = (isGranted: boolean) => inTx((tx) => terminals.decide(tx, sha256Hex("u"), { person: person.id, session: session.id, isGranted }, NOW));
  expect(await inTx((tx) => terminals.take(tx, sha256Hex("d")))).toBe(false);
  expect(await decide(true)).toBe(true);
  expect(await decide(false)).toBe(false);
  expect(await terminals.state(sha256Hex("d"), NOW)).toEqual({ state: "granted", workload: "w", person: person.id, session: session.id });
  expect(await terminals.state(sha256Hex("d"), NOW + 10)).toBeNull();
  const taken = await Promise.all([1, 2].map(() => inTx((tx) => terminals.take(tx, sha256Hex("d")))));
  expect(taken.filter(Boolean)).toHaveLength(1);
});

test("an identity elsewhere is one person's, one of each provider, and goes with all that its person signs in by", async () => {
  const { identities, people } = stores();
  const [first, second] = [await somebody(), await somebody()];
  const identity = (person: Person, name: string, issuer = "https://login.example") => ({ id: newId("idn"), person: person.id, issuer, name: sha256Hex(name), linkedAtMs: NOW });
  const one = identity(first, "one");
  await inTx((tx) => identities.link(tx, one));
  await expect(inTx((tx) => identities.link(tx, identity(second, "one")))).rejects.toMatchObject({ code: "enrolment.refused" });
  await expect(inTx((tx) => identities.link(tx, identity(first, "two")))).rejects.toMatchObject({ code: "enrolment.refused" });
  expect(await identities.byName(one.name)).toEqual({ ...one, lastUsedAtMs: null });
  expect(await inTx((tx) => identities.use(tx, one.id, NOW + 5))).toBe(true);
  expect(await identities.of(first.id)).toEqual([{ ...one, lastUsedAtMs: NOW + 5 }]);
  expect(await inTx((tx) => identities.unlink(tx, second.id, one.id))).toBe(false);
  expect(await inTx((tx) => identities.unlink(tx, first.id, one.id))).toBe(true);
  expect(await inTx((tx) => identities.use(tx, one.id, NOW))).toBe(false);
  await inTx((tx) => identities.link(tx, identity(first, "three")));
  await inTx((tx) => people.removeAuthenticators(tx, first.id));
  expect(await identities.of(first.id)).toEqual([]);
});
