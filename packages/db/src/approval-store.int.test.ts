import { newId, sha256Hex } from "@sallyport/crypto";
import { type Action, type ApprovalRow, type ApprovalStore, Grant, type SiteRef } from "@sallyport/policy";
import { faultTest } from "@sallyport/testkit";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { approvalStore } from "./approval-store.ts";
import { connectDatabase, type Database, type Tx } from "./database.ts";
import { migratedDatabase } from "./testing.ts";

const SITE = { study: "PILOT", site: "701" };
const people = new Map<string, string>();
let owner: Database;
let database: Database;
let store: ApprovalStore<Tx>;
const close: (() => Promise<void>)[] = [];

beforeAll(async () => {
  const db = await migratedDatabase();
  owner = connectDatabase({ url: db.ownerUrl, max: 2, applicationName: "test-owner" });
  database = connectDatabase({ url: db.apiUrl, max: 6, applicationName: "test" });
  store = approvalStore(database);
  close.push(
    () => db.drop(),
    () => owner.close(),
    () => database.close(),
  );
  await owner.run`INSERT INTO regulatory.studies (id, title, profile) VALUES ('PILOT', 'Pilot', 'p')`;
  for (const site of ["701", "704"]) await owner.run`INSERT INTO regulatory.sites (study, id, name, country) VALUES ('PILOT', ${site}, 'n', 'USA')`;
  for (const name of ["ada", "ben", "cyd", "dan", "eve"]) {
    const id = newId("per");
    people.set(name, id);
    await owner.run`INSERT INTO policy.principals (id, name, kind, person) VALUES (${`prn_${name}`}, ${name}, 'person', ${id})`;
    await owner.run`INSERT INTO people.persons (id, principal, username, printed_name, status) VALUES (${id}, ${`prn_${name}`}, ${name}, ${name}, 'active')`;
  }
});
afterAll(async () => {
  for (const each of close.reverse()) await each();
});

const personOf = (name: string): string => people.get(name) ?? "";
const grantOf = (name: string, action: Action, sites: readonly SiteRef[] = []): Grant =>
  Grant.issue(
    { principal: `prn_${name}`, person: personOf(name), workload: "w", action, resource: "approval", requestId: "r", policy: "p" },
    { effect: "allow", rule: "rule", role: "role", sites, fields: { readable: [], masked: [] } },
  );

const reason = async (tx: Tx): Promise<string> => {
  const id = newId("chg");
  await tx`INSERT INTO audit.changes (id, request_id, sealed, commitment) VALUES (${id}, 'r', ${`sealed-${id}`}, 'c')`;
  return id;
};

/** Asks as ada, about eve. */
async function ask(over: Partial<ApprovalRow> = {}): Promise<string> {
  const id = newId("apr");
  const statement = `{"nonce":"${id}"}`;
  await database.transaction(async (tx) => {
    await store.insert(tx, grantOf("ada", "person.suspend", over.site === undefined || over.site === null ? [] : [over.site]), {
      id,
      kind: "person.suspend",
      statement,
      digest: sha256Hex(statement),
      effect: "[]",
      about: "eve",
      concerns: personOf("eve"),
      subject: null,
      site: null,
      requestedBy: "prn_ada",
      requestedByPerson: personOf("ada"),
      reason: await reason(tx),
      needed: 1,
      requestedAtMs: 1000,
      expiresAtMs: 2000,
      ...over,
    });
  });
  return id;
}

const vote = (name: string, id: string, verdict: "approve" | "reject", atMs = 1500): Promise<void> =>
  database.transaction(async (tx) => {
    const proven = verdict === "approve" ? { proof: "passkey" as const, note: "note" } : { proof: null, note: null };
    await store.vote(tx, grantOf(name, "approval.decide"), id, { person: personOf(name), verdict, ...proven, reason: await reason(tx), atMs });
  });

const settle = (name: string, id: string, from: ApprovalRow["state"], to: ApprovalRow["state"]): Promise<void> =>
  database.transaction((tx) => store.settle(tx, grantOf(name, to === "withdrawn" ? "approval.withdraw" : "approval.decide"), id, { from, to, atMs: 1600 }));

const stateOf = async (id: string): Promise<string | undefined> => (await store.get(grantOf("ben", "approval.read"), id))?.state;
const denied = (code: string): unknown => expect.objectContaining({ code });

/** With the schema's own rules on votes and on moves, or without. */
async function setTriggers(mode: "ENABLE ALWAYS" | "DISABLE"): Promise<void> {
  if (mode === "DISABLE") {
    await owner.run`ALTER TABLE approvals.votes DISABLE TRIGGER by_another`;
    await owner.run`ALTER TABLE approvals.requests DISABLE TRIGGER move_on`;
  } else {
    await owner.run`ALTER TABLE approvals.votes ENABLE ALWAYS TRIGGER by_another`;
    await owner.run`ALTER TABLE approvals.requests ENABLE ALWAYS TRIGGER move_on`;
  }
}

async function playAtRandom(): Promise<void> {
  const step = fc.record({
    name: fc.constantFrom("ada", "ben", "cyd", "dan", "eve"),
    act: fc.constantFrom("approve" as const, "approve" as const, "reject" as const, "settle approved" as const, "settle done" as const, "withdraw" as const),
    atMs: fc.constantFrom(1100, 1900, 2000, 2500),
  });
  const { failed, errorInstance, counterexample } = await fc.check(
    fc.asyncProperty(fc.integer({ min: 1, max: 3 }), fc.array(step, { minLength: 1, maxLength: 8 }), async (needed, steps) => {
      const id = await ask({ needed });
      for (const { name, act, atMs } of steps) {
        const state = (await stateOf(id)) as ApprovalRow["state"];
        const done =
          act === "approve" || act === "reject"
            ? vote(name, id, act, atMs)
            : settle(name, id, state, act === "settle approved" ? "approved" : act === "settle done" ? "done" : "withdrawn");
        await done.catch((error: unknown) => {
          if (!["policy.denied", "policy.separation", "approval.state"].includes((error as { code: string }).code)) throw error;
        });
      }
      const row = await store.get(grantOf("ben", "approval.read"), id);
      if (row?.state !== "approved" && row?.state !== "done") return;
      const approving = row.votes.filter(({ verdict }) => verdict === "approve").map(({ person }) => person);
      expect(new Set(approving).size).toBeGreaterThanOrEqual(needed);
      expect(approving).not.toContain(personOf("ada"));
      expect(approving).not.toContain(personOf("eve"));
      expect(row.votes.every(({ atMs }) => atMs < 2000)).toBe(true);
      expect(row.votes.every(({ verdict }) => verdict === "approve")).toBe(true);
    }),
    { numRuns: 40 },
  );
  // What went wrong otherwise shows nothing about the property.
  if (errorInstance instanceof Error && errorInstance.name !== "AssertionError") throw errorInstance;
  expect(failed, JSON.stringify(counterexample)).toBe(false);
}

describe("approvals in Postgres", () => {
  test("a request and its votes come back as they were put in", async () => {
    const id = await ask({ needed: 2 });
    await vote("ben", id, "approve");
    const row = await store.get(grantOf("cyd", "approval.read"), id);
    expect(row).toMatchObject({
      id,
      kind: "person.suspend",
      about: "eve",
      concerns: personOf("eve"),
      site: null,
      requestedByName: "ada",
      needed: 2,
      state: "requested",
      expiresAtMs: 2000,
    });
    expect(row?.votes).toEqual([
      { person: personOf("ben"), printedName: "ben", principal: "prn_ben", verdict: "approve", proof: "passkey", note: "note", reason: expect.any(String) as string, atMs: 1500 },
    ]);
    expect(await store.placeOf(id)).toEqual({ kind: "person.suspend", site: null, subject: null, requestedByPerson: personOf("ada") });
    expect(await store.placeOf(newId("apr"))).toBeNull();
  });

  faultTest(
    "R7",
    "random acts by random persons bring no stored request to approved or done without the distinct others that it needs",
    async (defence) => {
      const triggers = defence === "on" ? "ENABLE ALWAYS" : "DISABLE";
      await setTriggers(triggers);
      try {
        await playAtRandom();
      } finally {
        await setTriggers("ENABLE ALWAYS");
      }
    },
    60_000,
  );

  test("who asked, whom it is about, and who has voted can't vote", async () => {
    const id = await ask({ needed: 2 });
    await expect(vote("ada", id, "approve")).rejects.toThrow(denied("policy.denied"));
    await expect(vote("eve", id, "approve")).rejects.toThrow(denied("policy.denied"));
    await vote("ben", id, "approve");
    await expect(vote("ben", id, "approve")).rejects.toThrow(denied("policy.separation"));
    await expect(vote("cyd", id, "approve", 2000)).rejects.toThrow(denied("policy.denied"));
  });

  test("a vote is the voter's own", async () => {
    const id = await ask();
    const forged = database.transaction(async (tx) =>
      store.vote(tx, grantOf("ben", "approval.decide"), id, { person: personOf("cyd"), verdict: "approve", proof: "passkey", note: "n", reason: await reason(tx), atMs: 1500 }),
    );
    await expect(forged).rejects.toThrow(denied("policy.denied"));
  });

  test("a request that needs nobody, is approved from the start, or reads otherwise than its digest can't be stored", async () => {
    await expect(ask({ needed: 0 })).rejects.toThrow();
    await expect(ask({ digest: "0".repeat(64) })).rejects.toThrow();
    const [row] = await owner.run<{ count: number }>`SELECT count(*)::integer AS count FROM approvals.requests WHERE needed = 0`;
    expect(row?.count).toBe(0);
    const planted = owner.run`INSERT INTO approvals.requests SELECT * FROM approvals.requests WHERE false`;
    await expect(planted).resolves.toEqual([]);
  });

  test("what is settled stays settled, and nothing is removed", async () => {
    const id = await ask();
    await vote("ben", id, "approve");
    await settle("ben", id, "requested", "done");
    await expect(settle("ben", id, "requested", "rejected")).rejects.toThrow(denied("approval.state"));
    await expect(settle("ben", id, "done", "withdrawn")).rejects.toThrow(denied("policy.denied"));
    for (const statement of [
      () => owner.run`DELETE FROM approvals.requests`,
      () => owner.run`UPDATE approvals.votes SET verdict = 'reject'`,
      () => owner.run`TRUNCATE approvals.votes`,
    ]) {
      await expect(statement()).rejects.toThrow();
    }
    expect(await stateOf(id)).toBe("done");
  });

  test("a request at a site is there for grants that reach the site alone, and its reason for those that read", async () => {
    const id = await ask({ site: SITE, kind: "phi.bulk_reveal", concerns: null });
    const elsewhere = grantOf("ben", "approval.read", [{ study: "PILOT", site: "704" }]);
    expect(await store.get(elsewhere, id)).toBeNull();
    expect(await store.sealedReason(elsewhere, id)).toBeNull();
    const there = grantOf("ben", "approval.read", [SITE]);
    expect((await store.get(there, id))?.site).toEqual(SITE);
    expect((await store.sealedReason(there, id))?.sealed).toMatch(/^sealed-chg_/);
    await expect(store.sealedReason(grantOf("ben", "approval.decide", [SITE]), id)).rejects.toThrow(denied("policy.denied"));
    await expect(database.run`SELECT sealed FROM audit.changes`).rejects.toThrow(denied("policy.denied"));
  });

  test("a list holds what its person asked for or may decide, and counts what waits for them", async () => {
    const at704 = { study: "PILOT", site: "704" };
    const mine = await ask({ requestedAtMs: 10_000, expiresAtMs: 20_000 });
    const there = await ask({ requestedAtMs: 10_001, expiresAtMs: 20_000, site: at704, kind: "phi.bulk_reveal", concerns: null });
    const old = await ask({ requestedAtMs: 10_002, expiresAtMs: 10_003 });
    const list = async (name: string, show: "open" | "mine" | "all", decidable: Parameters<typeof store.list>[1]["decidable"], more: { after?: string; limit?: number } = {}) => {
      const { items, waiting } = await store.list(grantOf(name, "approval.read", [at704]), { show, person: personOf(name), decidable, nowMs: 15_000, limit: 100, ...more });
      return { ids: items.map(({ id }) => id).filter((id) => [mine, there, old].includes(id)), waiting };
    };
    const suspends = { kind: "person.suspend", deployment: true, sites: [] };
    const reveals = { kind: "phi.bulk_reveal", deployment: false, sites: ["PILOT/704"] };
    expect(await list("ben", "open", [suspends])).toEqual({ ids: [mine], waiting: 1 });
    expect(await list("ben", "all", [suspends, reveals])).toEqual({ ids: [old, there, mine], waiting: 2 });
    expect(
      await list("ben", "all", [
        { ...suspends, deployment: false },
        { ...reveals, sites: ["PILOT/701"] },
      ]),
    ).toEqual({ ids: [], waiting: 0 });
    expect(await list("ben", "mine", [suspends])).toEqual({ ids: [], waiting: 1 });
    expect(await list("ada", "mine", [suspends])).toEqual({ ids: [old, there, mine], waiting: 0 });
    // Whom it is about sees it where they may decide others of its kind, and it doesn't wait for them.
    expect(await list("eve", "open", [suspends])).toEqual({ ids: [mine], waiting: 0 });
    expect((await list("ben", "all", [suspends, reveals], { after: old, limit: 1 })).ids).toEqual([there]);
  });
});
