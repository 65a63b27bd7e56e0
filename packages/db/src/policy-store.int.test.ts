import type { LivePrincipal } from "@sallyport/policy";
import { afterEach, expect, test } from "vitest";
import { connectDatabase, type Database } from "./database.ts";
import { idempotencyStore } from "./idempotency-store.ts";
import { policyStore } from "./policy-store.ts";
import { referenceKeyStore } from "./reference-key-store.ts";
import { studyStore } from "./study-store.ts";
import { migratedDatabase } from "./testing.ts";

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function fresh(): Promise<Database> {
  const db = await migratedDatabase();
  const database = connectDatabase({ url: db.apiUrl, max: 4, applicationName: "test" });
  open.push(
    () => db.drop(),
    () => database.close(),
  );
  return database;
}

const INGEST: Omit<LivePrincipal, "status" | "tokensFromS"> & { readonly name: string } = {
  id: "prn_ingest",
  name: "ingest",
  kind: "service",
  person: "prn_ingest",
  workload: "spiffe://d/service/ingest",
  assignments: [
    { role: "ingestion_service", study: "S", site: "*", fromMs: 5, untilMs: null },
    { role: "auditor", study: "*", site: "*", fromMs: 5, untilMs: 99 },
  ],
};

test("a snapshot holds all that a decision rests on, and every change of it moves the epoch", async () => {
  const database = await fresh();
  const policies = policyStore(database);
  let epoch = await policies.epoch();
  const moved = async (change: () => Promise<unknown>): Promise<unknown> => {
    const answer = await change();
    const now = await policies.epoch();
    expect(now > epoch).toBe(true);
    epoch = now;
    return answer;
  };
  expect(await policies.snapshot()).toEqual({ epoch, active: null, principals: [], revokedTokens: [], locks: [], closedSites: [], emergencies: [] });
  await moved(() => database.transaction((tx) => policies.activate(tx, { version: 1, canonical: '{"v":1}', note: "note" })));
  expect(await moved(() => database.transaction((tx) => policies.registerPrincipal(tx, INGEST)))).toBe("registered");
  const soonS = Math.floor(Date.now() / 1000) + 60;
  await moved(() => database.transaction((tx) => policies.revokeToken(tx, "jti-live", soonS)));
  await moved(() => database.transaction((tx) => policies.revokeToken(tx, "jti-gone", soonS - 3600)));
  const { name, ...principal } = INGEST;
  const assignments = [...INGEST.assignments].reverse();
  expect(await policies.snapshot()).toEqual({
    epoch,
    active: { canonical: '{"v":1}', note: "note" },
    principals: [{ ...principal, assignments, status: "active", tokensFromS: 0 }],
    revokedTokens: ["jti-live"],
    locks: [],
    closedSites: [],
    emergencies: [],
  });
  expect(await policies.names()).toEqual({ prn_ingest: name });
  expect(await moved(() => database.transaction((tx) => policies.suspend(tx, "prn_ingest")))).toBe(true);
  expect((await policies.snapshot()).principals).toMatchObject([{ status: "suspended" }]);
  expect(await database.transaction((tx) => policies.suspend(tx, "prn_ingest"))).toBe(false);
});

test("registering the same again changes nothing, differently is a conflict", async () => {
  const database = await fresh();
  const policies = policyStore(database);
  const studies = studyStore(database);
  const study = {
    id: "S",
    title: "T",
    profile: "sdtm",
    sites: [
      { id: "2", name: "B", country: "DE" },
      { id: "1", name: "A", country: "FR" },
    ],
  };
  const inTx = <T>(work: Parameters<Database["transaction"]>[0]): Promise<T> => database.transaction(work) as Promise<T>;
  expect(await inTx((tx) => studies.register(tx, study))).toBe("registered");
  expect(await inTx((tx) => studies.register(tx, { ...study, sites: [...study.sites].reverse() }))).toBe("unchanged");
  await expect(inTx((tx) => studies.register(tx, { ...study, title: "U" }))).rejects.toMatchObject({ code: "registration.conflict" });
  await expect(inTx((tx) => studies.register(tx, { ...study, sites: study.sites.slice(1) }))).rejects.toMatchObject({ code: "registration.conflict" });
  expect(await studies.all()).toEqual([{ ...study, retainedUntil: null, sites: [...study.sites].reverse().map((site) => ({ ...site, closedAtMs: null })) }]);
  expect(await inTx((tx) => policies.registerPrincipal(tx, INGEST))).toBe("registered");
  expect(await inTx((tx) => policies.registerPrincipal(tx, { ...INGEST, assignments: [...INGEST.assignments].reverse() }))).toBe("unchanged");
  await expect(inTx((tx) => policies.registerPrincipal(tx, { ...INGEST, person: "prn_other" }))).rejects.toMatchObject({ code: "registration.conflict" });
  await expect(inTx((tx) => policies.registerPrincipal(tx, { ...INGEST, id: "prn_other" }))).rejects.toMatchObject({ code: "registration.conflict" });
  await inTx((tx) => policies.activate(tx, { version: 1, canonical: "{}", note: "n" }));
  await inTx((tx) => policies.activate(tx, { version: 1, canonical: "{}", note: "n" }));
  await expect(inTx((tx) => policies.activate(tx, { version: 1, canonical: '{"a":1}', note: "n" }))).rejects.toMatchObject({ code: "registration.conflict" });
});

test("a key is claimed by one transaction, and its outcome comes back as it was", async () => {
  const database = await fresh();
  const keys = idempotencyStore(database);
  const entry = { principal: "p", key: "key-0123456789abcdef", procedure: "packet.upload", salt: "s", digest: "d", outcome: { b: [1, 2.5], a: null } };
  const claims = await Promise.all([1, 2, 3].map(() => database.transaction((tx) => keys.claim(tx, entry))));
  expect(claims.filter(Boolean)).toHaveLength(1);
  const found = await keys.find("p", entry.key);
  expect(found).toEqual({ procedure: "packet.upload", salt: "s", digest: "d", outcome: entry.outcome });
  expect(JSON.stringify(found?.outcome)).toBe('{"b":[1,2.5],"a":null}');
  expect(await keys.find("other", entry.key)).toBeNull();
});

test("of two who make a reference key, both get the one that stands", async () => {
  const references = referenceKeyStore(await fresh());
  expect(await references.get("reference")).toBeNull();
  const [first, second] = await Promise.all([references.putIfAbsent("reference", "sk1.a"), references.putIfAbsent("reference", "sk1.b")]);
  expect(first).toBe(second);
  expect(await references.get("reference")).toBe(first);
});
