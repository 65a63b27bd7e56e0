import {
  type Action,
  type Assignment,
  type CompiledPolicy,
  compilePolicy,
  decide,
  Grant,
  type GrantRule,
  type LivePrincipal,
  type Place,
  type ResourceType,
  siteKey,
  type SiteRef,
  TokenScope,
} from "@sallyport/policy";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectDatabase, type Database } from "./database.ts";
import { packetStore } from "./packet-store.ts";
import { withGrant } from "./site-context.ts";
import { studyStore } from "./study-store.ts";
import { subjectStore } from "./subject-store.ts";
import { migratedDatabase } from "./testing.ts";

const RUNS = { numRuns: process.env["SALLYPORT_TEST_LONG"] === undefined ? 20 : 1_000 };
const TIMEOUT_MS = 600_000;
const NOW = 1_000;
const ROLES = ["alpha", "beta"];
/** Sites of one name in two studies, so that a filter by the name alone shows a stranger's. */
const STUDIES = ["S1", "S2"].map((id) => ({
  id,
  title: "Study",
  profile: "sdtm",
  sites: ["1", "2", "3"].map((site) => ({ id: site, name: `Site ${site}`, country: "DE" })),
}));
const SITES: readonly SiteRef[] = STUDIES.flatMap(({ id, sites }) => sites.map((site) => ({ study: id, site: site.id })));
const SUBJECTS = SITES.flatMap((site, at) => [0, 1].map((n) => ({ ...site, id: `sub_${String(at * 2 + n).padStart(26, "0")}`, label: `label-${at}-${n}` })));
const PACKETS = STUDIES.flatMap(({ id: study }) => [["1"], ["2"], ["1", "2"], ["2", "3"], ["1", "2", "3"]].map((sites, n) => ({ id: `pkt_${study}_${n}`, study, sites })));

const grantOf = (action: Action, sites: readonly SiteRef[]): Grant =>
  Grant.issue(
    {
      ...(action === "packet.upload" ? { principal: "prn_ingest", person: "per_ingest" } : { principal: "prn_test", person: "per_test" }),
      workload: "test",
      action,
      resource: "packet",
      requestId: "req_test",
      policy: "v1:0",
    },
    { effect: "allow", rule: "test", role: "tester", sites, fields: { readable: [], masked: [] } },
  );

let database: Database;
let close: () => Promise<void>;
beforeAll(async () => {
  const db = await migratedDatabase();
  database = connectDatabase({ url: db.apiUrl, max: 2, applicationName: "test" });
  close = async () => {
    await database.close();
    await db.drop();
  };
  const [subjects, packets] = [subjectStore(database), packetStore(database)];
  for (const study of STUDIES) await database.transaction((tx) => studyStore(database).register(tx, study));
  await database.transaction((tx) =>
    subjects.insert(
      tx,
      grantOf("packet.release", SITES),
      SUBJECTS.map((subject) => ({ ...subject, wrapped: "sk1.k.AAAA", lookup: `lookup ${subject.label}` })),
    ),
  );
  for (const [n, packet] of PACKETS.entries())
    await database.transaction((tx) =>
      packets.insert(
        tx,
        grantOf("packet.upload", SITES),
        {
          ...packet,
          dataset: "DM",
          format: "dataset-json-1.0",
          profile: "sdtm",
          state: "quarantined" as const,
          bytes: 10,
          rows: 2,
          files: [{ n: 1, dataset: "DM", format: "dataset-json-1.0", rows: 2, bytes: 10, document: null }],
          receivedAtMs: 1_700_000_000_000 + n,
          ingestedBy: "prn_ingest",
          ingestedByPerson: "per_ingest",
          wrapped: "sk1.k.AAAA",
        },
        [{ file: 1, n: 0, sealed: Buffer.from("chunk") }],
      ),
    );
});
afterAll(() => close?.());

const rules: fc.Arbitrary<readonly GrantRule[]> = fc
  .uniqueArray(
    fc.record({
      role: fc.constantFrom(...ROLES),
      act: fc.constantFrom<readonly [Action, ResourceType]>(["subject.list", "subject"], ["packet.read", "packet"]),
      conditions: fc.constantFrom(undefined, undefined, { signedInBy: "passkey" as const }),
    }),
    { selector: ({ role, act }) => `${role} ${act.join(" ")}`, minLength: 1, maxLength: 4 },
  )
  .map((rows) => rows.map(({ role, act: [action, resource], conditions }, n) => ({ id: `r${n}`, role, action, resource, ...(conditions !== undefined && { conditions }) })));
const policies: fc.Arbitrary<CompiledPolicy> = rules.map((grants) =>
  compilePolicy({ version: 1, title: "Random", roles: ROLES.map((name) => ({ name, description: "Random.", assignableBy: [] })), grants, separation: [] }),
);
const assignments: fc.Arbitrary<readonly Assignment[]> = fc.array(
  fc.record({
    role: fc.constantFrom(...ROLES, "unknown"),
    study: fc.constantFrom("S1", "S2", "S2", "*"),
    site: fc.constantFrom("1", "2", "3", "*"),
    fromMs: fc.constantFrom(0, 0, 0, 2_000),
    untilMs: fc.constantFrom(null, null, 500),
  }),
  { minLength: 1, maxLength: 4 },
);
const principals: fc.Arbitrary<LivePrincipal> = fc
  .record({ held: assignments, stoppedAt: fc.subarray(SITES.map(siteKey)), isStopped: fc.boolean() })
  .map(({ held, stoppedAt, isStopped }) => ({
    id: "prn_test",
    kind: "person",
    person: "per_test",
    status: "active",
    workload: null,
    tokensFromS: 0,
    assignments: held,
    ...(isStopped && { stoppedAt: new Set(stoppedAt) }),
  }));

test(
  "what a list shows by SQL is what the decision allows one by one, with the statement's own filter and by row security alone",
  async () => {
    let shown = 0;
    await fc.assert(
      fc.asyncProperty(policies, principals, fc.constantFrom("passkey", "password"), async (policy, principal, signedInBy) => {
        const ask = (action: Action, resource: ResourceType, place: Place) =>
          decide(policy, { principal, scope: new TokenScope([action]), action, resource, place, nowMs: NOW, signedInBy });
        const mayList = (site: SiteRef): boolean => ask("subject.list", "subject", { kind: "one", site }).effect === "allow";
        const mayRead = ({ study, sites }: (typeof PACKETS)[number]): boolean =>
          ask("packet.read", "packet", { kind: "each", sites: sites.map((site) => ({ study, site })) }).effect === "allow";
        const granted = (action: Action, resource: ResourceType): Grant | null => {
          const decision = ask(action, resource, { kind: "any", sites: SITES });
          const facts = { principal: principal.id, person: principal.person, workload: "test", action, resource, requestId: "req_test", policy: policy.label };
          return decision.effect === "allow" ? Grant.issue(facts, decision) : null;
        };

        const subjects = SUBJECTS.filter(mayList).map(({ id }) => id);
        const listing = granted("subject.list", "subject");
        expect(listing === null).toBe(subjects.length === 0);
        if (listing !== null) {
          const page = await subjectStore(database).list(listing, { limit: 100 });
          expect(page.items.map(({ id }) => id).sort()).toEqual(subjects);
          expect(page.total).toBe(subjects.length);
          expect(await withGrant(database, listing, async (tx) => (await tx<{ id: string }>`SELECT id FROM phi.subjects ORDER BY id`).map(({ id }) => id))).toEqual(subjects);
        }

        const packets = PACKETS.filter(mayRead).map(({ id }) => id);
        const reading = granted("packet.read", "packet");
        if (reading === null) expect(packets).toEqual([]);
        else {
          expect((await packetStore(database).list(reading, { limit: 100 })).items.map(({ id }) => id).sort()).toEqual(packets);
          expect(await withGrant(database, reading, async (tx) => (await tx<{ id: string }>`SELECT id FROM ingress.packets ORDER BY id`).map(({ id }) => id))).toEqual(packets);
        }
        shown += subjects.length + packets.length;
      }),
      RUNS,
    );
    expect(shown).toBeGreaterThan(0);
  },
  TIMEOUT_MS,
);
