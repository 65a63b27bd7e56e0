import type { Alert, AlertRoute } from "@sallyport/alerts";
import { type AlertStore, alertStore, connectDatabase, type Database } from "@sallyport/db";
import { type MigratedDatabase, migratedDatabase } from "@sallyport/db/testing";
import { newId } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import type { RaisedAlert } from "@sallyport/policy";
import { assertFails, type Defence, faultTest } from "@sallyport/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { AlertDesk } from "../src/alert-desk.ts";
import { alertingAppend } from "../src/alerting-append.ts";

let at: MigratedDatabase;
let owner: Database;
let database: Database;
let store: AlertStore;
let serial = 0;
beforeAll(async () => {
  at = await migratedDatabase();
  owner = connectDatabase({ url: at.ownerUrl, max: 2, applicationName: "test-owner" });
  database = connectDatabase({ url: at.apiUrl, max: 6, applicationName: "test-api" });
  store = alertStore(database);
});
afterAll(async () => {
  await database?.close();
  await owner?.close();
  await at?.drop();
});

/** What one place was sent, and what it answers: nothing for as long as it is told to wait. */
class Place {
  readonly got: Alert[] = [];
  readonly route: AlertRoute;
  answer: () => Promise<void> = () => Promise.resolve();

  constructor(name = `place-${serial}`) {
    this.route = { kind: "webhook", name, takes: () => true, deliver: (alert) => (this.got.push(alert), this.answer()) };
  }
}
const raised = (more: Partial<RaisedAlert> = {}): RaisedAlert => ({
  key: `test:${serial}`,
  kind: "emergency.opened",
  chain: "site:STUDY/701",
  about: `emergency/${serial}`,
  facts: { until: "2026-01-01T00:00:00.000Z" },
  atMs: 1_767_225_600_000,
  ...more,
});
const events: string[] = [];
const deskOf = (place: Place, over: Partial<ConstructorParameters<typeof AlertDesk>[0]> = {}): AlertDesk =>
  new AlertDesk({
    routes: [place.route],
    personal: null,
    store,
    watch: { status: () => ({ incidents: [] }) },
    anchors: { isBehind: () => false },
    deployment: "dabc",
    consoleOrigin: "http://localhost:3000",
    log: { event: (name, facts) => void events.push(`${name} ${Object.values(facts).join(" ")}`) },
    now: Date.now,
    ...over,
  });
/** As if the time to the next try were over. */
const due = (): Promise<unknown> => owner.run`UPDATE audit.alert_deliveries SET next_at = now() - interval '1 second' WHERE state = 'waiting'`;
const deliveries = () => owner.run<{ state: string; attempts: number; failure: string | null }>`
  SELECT d.state, d.attempts, d.failure FROM audit.alert_deliveries d JOIN audit.alerts a ON a.id = d.alert WHERE a.key = ${`test:${serial}`} ORDER BY route`;
const refusing = (context: Readonly<Record<string, boolean>> = {}) => Promise.reject(new SallyportError("alert.refused", context));

beforeEach(() => {
  serial += 1;
  events.length = 0;
});

describe("an alert", () => {
  test("is raised once for its key, by however many at a time, and sent with ids and a link", async () => {
    const place = new Place();
    const desks = Array.from({ length: 4 }, () => deskOf(place));
    const ids = await Promise.all(desks.map((desk) => desk.raise(null, raised())));
    expect(ids.filter((id) => id !== null)).toHaveLength(1);
    await desks[0]?.run();
    expect(place.got).toMatchObject([{ id: ids.find((id) => id !== null), kind: "emergency.opened", deployment: "dabc", link: "http://localhost:3000/reviews" }]);
    expect(await deliveries()).toEqual([{ state: "delivered", attempts: 1, failure: null }]);
  });

  test("that was raised in a transaction which rolled back was never raised", async () => {
    const desk = deskOf(new Place());
    const failing = database.transaction(async (tx) => {
      expect(await desk.raise(tx, raised())).not.toBeNull();
      throw new SallyportError("internal");
    });
    await expect(failing).rejects.toThrow();
    expect(await deliveries()).toEqual([]);
  });

  test("is tried again after a failure, under the same id, later and later, and is told as failed once", async () => {
    const place = new Place();
    const desk = deskOf(place);
    await desk.raise(null, raised());
    place.answer = () => refusing();
    await desk.run();
    await desk.run();
    expect(place.got).toHaveLength(1);
    await due();
    await desk.run();
    const [wait] = await owner.run<{ s: number }>`SELECT extract(epoch FROM max(next_at) - now())::integer AS s FROM audit.alert_deliveries WHERE state = 'waiting'`;
    expect(wait?.s).toBeGreaterThan(20);
    expect(wait?.s).toBeLessThanOrEqual(30);
    place.answer = () => Promise.resolve();
    await due();
    await desk.run();
    expect(new Set(place.got.map(({ id }) => id)).size).toBe(1);
    expect(await deliveries()).toEqual([{ state: "delivered", attempts: 3, failure: null }]);
    expect(events.filter((event) => event.startsWith("alert.failed"))).toEqual([`alert.failed ${place.route.name} alert.refused`]);
  });

  test("that a place never takes is given up after twelve tries, and one that it wants no more of at once", async () => {
    const place = new Place();
    const desk = deskOf(place);
    await desk.raise(null, raised());
    place.answer = () => refusing();
    for (let attempt = 0; attempt < 13; attempt += 1) {
      await due();
      await desk.run();
    }
    expect(await deliveries()).toEqual([{ state: "given_up", attempts: 12, failure: "alert.refused" }]);
    expect(place.got).toHaveLength(12);
    serial += 1;
    await desk.raise(null, raised());
    place.answer = () => refusing({ gone: true });
    await desk.run();
    expect(await deliveries()).toEqual([{ state: "given_up", attempts: 1, failure: "alert.refused" }]);
  });

  test("that was under way when its node went away is sent by another, once the first can't be sending any more", async () => {
    const place = new Place();
    await deskOf(place).raise(null, raised());
    const [claimed] = await store.claim({ routes: [place.route.name], people: false }, 8, 60);
    const other = deskOf(place);
    await other.run();
    expect(place.got).toHaveLength(0);
    await due();
    await other.run();
    expect(await deliveries()).toEqual([{ state: "delivered", attempts: 2, failure: null }]);
    // Whoever comes back late settles nothing any more.
    expect(await store.settle(claimed as NonNullable<typeof claimed>, "alert.refused", 5)).toBe(false);
  });

  test("goes to nobody where nobody is set up, and is raised all the same", async () => {
    const desk = deskOf(new Place(), { routes: [] });
    expect(await desk.raise(null, raised())).not.toBeNull();
    await desk.run();
    expect(await deliveries()).toEqual([]);
  });
});

describe("a person", () => {
  const person = async (address: string | null): Promise<string> => {
    const [id, principal] = [newId("per"), newId("prn")];
    await owner.run`INSERT INTO policy.principals (id, kind, name, person) VALUES (${principal}, 'person', ${id}, ${id})`;
    await owner.run`INSERT INTO people.persons (id, principal, username, printed_name, status) VALUES (${id}, ${principal}, ${`u${id.slice(4)}`}, 'Some Body', 'active')`;
    if (address !== null) await owner.run`INSERT INTO people.notice_addresses (person, address, set_by, at_ms) VALUES (${id}, ${address}, ${id}, 1)`;
    return id;
  };
  const mailbox = () => {
    const got: { alert: Alert; route: string; address: string }[] = [];
    const post = {
      answer: () => Promise.resolve(),
      got,
      personal: { deliver: (alert: Alert, to: { route: string; address: string }) => (got.push({ alert, ...to }), post.answer()) },
    };
    return post;
  };

  test("is told at the address that they had when it happened, and tried again as a place is", async () => {
    const [told, untold] = [await person("somebody@site.example"), await person(null)];
    const post = mailbox();
    const desk = deskOf(new Place(), { routes: [], personal: post.personal });
    await desk.raise(null, raised({ kind: "signature.made", people: [told, untold] }));
    await owner.run`UPDATE people.notice_addresses SET address = 'somebody-else@site.example' WHERE person = ${told}`;
    post.answer = () => refusing();
    await desk.run();
    expect(await deliveries()).toEqual([{ state: "waiting", attempts: 1, failure: "alert.refused" }]);
    post.answer = () => Promise.resolve();
    await due();
    await desk.run();
    expect(await deliveries()).toEqual([{ state: "delivered", attempts: 2, failure: null }]);
    expect(post.got.map(({ route, address }) => `${route} ${address}`)).toEqual(Array.from({ length: 2 }, () => `per.${told.slice(4)} somebody@site.example`));
    expect(new Set(post.got.map(({ alert }) => alert.id)).size).toBe(1);
    expect(JSON.stringify(post.got.map(({ alert }) => alert.facts))).not.toContain("@");
  });

  test("isn't told where no server is for people, and their delivery is left by a node that has none", async () => {
    const told = await person("somebody@site.example");
    const [post, without] = [mailbox(), deskOf(new Place(), { routes: [] })];
    await without.raise(null, raised({ people: [told] }));
    expect(await deliveries()).toEqual([]);
    serial += 1;
    const desk = deskOf(new Place(), { routes: [], personal: post.personal });
    await desk.raise(null, raised({ people: [told] }));
    await deskOf(new Place(`other-${serial}`)).run();
    expect(await deliveries()).toMatchObject([{ state: "waiting", attempts: 0 }]);
    await desk.run();
    expect(await deliveries()).toMatchObject([{ state: "delivered" }]);
  });

  test("who reads alerts sees whom one reached, and no address", async () => {
    await expect(database.run`SELECT address FROM audit.alert_deliveries`).rejects.toMatchObject({ code: "policy.denied" });
    await expect(owner.run`UPDATE audit.alert_deliveries SET address = 'x@y' WHERE address IS NOT NULL`).rejects.toThrow();
  });
});

/** Two nodes in the same second, at a place that takes its time. `off`: who takes an alert up doesn't keep the other from it. */
async function twoNodes(defence: Defence): Promise<void> {
  const place = new Place();
  const looking: AlertStore = {
    ...store,
    claim: async () =>
      (await owner.run<{ id: string }>`SELECT alert AS id FROM audit.alert_deliveries WHERE state = 'waiting' AND route = ${place.route.name}`).map(({ id }) => ({
        ...raised(),
        id,
        route: place.route.name,
        address: null,
        attempt: 1,
      })),
  };
  const used = defence === "on" ? store : looking;
  const [one, two] = [deskOf(place, { store: used }), deskOf(place, { store: used })];
  await one.raise(null, raised());
  place.answer = () => new Promise((resolve) => setTimeout(resolve, 100));
  await Promise.all([one.run(), two.run()]);
  expect(place.got).toHaveLength(1);
}
test("two nodes never send the same alert at the same time", () => twoNodes("on"));
test("two nodes never send the same alert at the same time — fails with its defence off", () => assertFails(() => twoNodes("off")));

test("a node alone can raise alerts, take them up and settle them, and change nothing else of them", async () => {
  await deskOf(new Place()).raise(null, raised());
  const denied = { code: "policy.denied" };
  await expect(database.run`DELETE FROM audit.alerts`).rejects.toMatchObject(denied);
  await expect(database.run`UPDATE audit.alert_deliveries SET state = 'delivered'`).rejects.toMatchObject(denied);
  await expect(database.run`INSERT INTO audit.alert_deliveries (alert, route) SELECT id, 'x' FROM audit.alerts`).rejects.toMatchObject(denied);
  expect(await database.run`SELECT 1 FROM audit.alerts`).toEqual([]);
  expect(await database.run`SELECT 1 FROM audit.alert_deliveries`).toEqual([]);
  await expect(owner.run`UPDATE audit.alert_deliveries SET state = 'waiting' WHERE state = 'delivered'`).rejects.toThrow();
});

describe("what is noticed", () => {
  const incident = {
    id: "inc_01hzzzzzzzzzzzzzzzzzzzzzzz",
    chain: "site:STUDY/701",
    generation: 1,
    from: 2,
    to: 9,
    kind: "altered",
    why: "",
    foundAt: new Date().toISOString(),
    foundBy: "verification",
    isFrozen: false,
    successor: 2,
    openedAt: null,
    signed: null,
    stored: null,
    ended: null,
  } as const;

  test("an incident is told when it opens and when it ends, once each however often it is seen", async () => {
    const place = new Place();
    let ended: { at: string; approval: string; by: readonly string[] } | null = null;
    const seen = { watch: { status: () => ({ incidents: [{ ...incident, ended }] }) } };
    const [one, two] = [deskOf(place, seen), deskOf(place, seen)];
    await one.run();
    await two.run();
    ended = { at: new Date().toISOString(), approval: "", by: ["per_x"] };
    await one.run();
    await two.run();
    expect(place.got.map(({ kind, link }) => `${kind} ${link}`)).toEqual(
      ["opened", "ended"].map((what) => `incident.${what} http://localhost:3000/incidents?incident=${incident.id}`),
    );
  });

  faultTest("A12", "anchors that are behind are told once a day, whether or not acts wait for them", async (defence) => {
    const place = new Place();
    const behind = { anchors: { isBehind: () => defence === "on" } };
    let nowMs = Date.parse("2030-01-01T10:00:00.000Z");
    const desk = deskOf(place, { ...behind, now: () => nowMs });
    for (const hours of [0, 1, 20]) {
      nowMs += hours * 3_600_000;
      await desk.run();
    }
    expect(place.got.map(({ kind }) => kind)).toEqual(["anchors.behind", "anchors.behind"]);
  });
});

test("a record that has to be told raises its alert in its own transaction; a lock again and again is one alert an hour", async () => {
  const place = new Place();
  const desk = deskOf(place);
  const order: string[] = [];
  const draft = {
    chain: "system",
    principal: "p",
    role: "-",
    workload: "w",
    action: "lockout",
    resource: "person/per_1",
    site: "-",
    decision: "note",
    reason: "signin.locked",
    request_id: "r1",
    policy: "-",
    detail: "",
  } as const;
  const trail = {
    append: () => Promise.reject(new Error("a record that is told isn't appended alone")),
    inTransaction: <T>(work: (tx: never, last: () => Promise<readonly never[]>) => Promise<T>) =>
      database.transaction((tx) => work(tx as never, () => (order.push("record"), Promise.resolve([])))),
  };
  const append = alertingAppend(trail, desk as never, () => 1_767_225_600_000);
  const [byPassword, byPasskey] = ["password", "passkey"].map((method) => ({ ...draft, detail: `method=${method};failures=5;seconds=900` }));
  if (byPassword === undefined || byPasskey === undefined) throw new RangeError("no drafts");
  await append(byPassword);
  await append({ ...byPassword, request_id: "r2" });
  // The password, which any stranger can have locked, hides nothing of the passkey within the hour.
  await append({ ...byPasskey, request_id: "r3" });
  await desk.run();
  expect(order).toEqual(["record", "record", "record"]);
  expect(place.got.toSorted((one, other) => String(one.facts["request"]).localeCompare(String(other.facts["request"])))).toMatchObject([
    { kind: "method.locked", about: "person/per_1", facts: { method: "password", request: "r1" } },
    { kind: "method.locked", about: "person/per_1", facts: { method: "passkey", request: "r3" } },
  ]);
  place.got.length = 0;
  for (const action of ["workload.revoked", "policy.signed", "keys.escrowed", "anchor.refused"])
    await append({ ...draft, action, resource: `${action}/x`, request_id: "custodian-7" });
  await desk.run();
  expect(place.got.map(({ kind, about }) => `${kind} ${about}`).sort()).toEqual(
    ["anchor.refused", "keys.escrowed", "policy.signed", "workload.revoked"].map((each) => `${each} ${each}/x`),
  );
  await expect(append({ ...draft, action: "tokens.minted" })).rejects.toThrow("appended alone");
});
