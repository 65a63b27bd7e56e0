import { type BundleVerdict, lineOf, parseLine, verifyExport } from "@sallyport/audit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { STUDY } from "./dataset.ts";
import { type Api, codeOf, dataOf, type Deployment, deployment, principalOf, until, type Who } from "./stack.ts";

interface Summary {
  readonly chain: string;
  readonly seq: number;
  readonly at: string;
  readonly principal: string;
  readonly principalName: string | null;
  readonly action: string;
  readonly outcome: string;
  readonly reason: string;
  readonly requestId: string;
  readonly site: string;
}
interface Page {
  readonly items: readonly Summary[];
  readonly next: string | null;
  readonly total: { readonly count: number; readonly isMore: boolean };
  readonly searchableUntil: string | null;
}

let at: Deployment;
let api: Api;
beforeAll(async () => {
  at = await deployment();
  api = await at.serve();
  await at.seed(api);
});
afterAll(async () => {
  await api?.close();
  await at?.close();
});

const search = async (who: Who, input: object = {}): Promise<Page> => dataOf(await api.call(who, "crossings.search", input)) as Page;
const stored = async (): Promise<number> => Number((await at.owner.run<{ n: string }>`SELECT count(*) AS n FROM audit.records`)[0]?.n);
const indexed = async (): Promise<number> => Number((await at.owner.run<{ n: string }>`SELECT count(*) AS n FROM audit.search`)[0]?.n);
const caughtUp = (): Promise<void> => until(async () => (await stored()) === (await indexed()), 5000);

test("a search shows what the trail holds, newest first, page by page, each record once", async () => {
  await caughtUp();
  const seen: Summary[] = [];
  let cursor: string | null = null;
  const filter = { until: new Date().toISOString() };
  do {
    const page: Page = await search("auditor", { filter, limit: 3, ...(cursor !== null && { cursor }) });
    seen.push(...page.items);
    cursor = page.next;
  } while (cursor !== null);
  expect(new Set(seen.map(({ chain, seq }) => `${chain} ${seq}`)).size).toBe(seen.length);
  expect(seen.map((item) => item.at)).toEqual(
    seen
      .map((item) => item.at)
      .toSorted()
      .toReversed(),
  );
  const [{ n } = { n: "0" }] = await at.owner.run<{ n: string }>`SELECT count(*) AS n FROM audit.records WHERE body::json ->> 'timestamp_utc' < ${filter.until}`;
  expect(seen).toHaveLength(Number(n));
  expect(seen.find(({ principal }) => principal === principalOf("steward"))).toMatchObject({ principalName: "steward", action: "packet.release", outcome: "allow" });
});

test("each filter, and each two of them, leave exactly the records that say so", async () => {
  await api.call("reviewer701", "subjects.list", { site: "704" });
  await api.call("auditor701", "trail.chains", {});
  await caughtUp();
  const all = (await search("auditor", { limit: 200, filter: { until: new Date().toISOString() } })).items;
  const denied = all.find(({ outcome }) => outcome === "deny");
  expect(denied).toBeDefined();
  const until_ = all[0]?.at ?? "";
  const from = all.at(-3)?.at ?? "";
  const filters: readonly (readonly [object, (item: Summary) => boolean])[] = [
    [{ principal: principalOf("steward") }, ({ principal }) => principal === principalOf("steward")],
    [{ action: "subject.list" }, ({ action }) => action === "subject.list"],
    [{ outcome: ["deny", "error"] }, ({ outcome }) => outcome === "deny" || outcome === "error"],
    [{ reason: denied?.reason }, ({ reason }) => reason === denied?.reason],
    [{ chain: "system" }, ({ chain }) => chain === "system"],
    [{ study: STUDY, site: "701" }, ({ chain }) => chain === `site:${STUDY}/701`],
    [{ requestId: denied?.requestId }, ({ requestId }) => requestId === denied?.requestId],
    [{ from }, (item) => item.at >= from],
    [{ until: until_ }, (item) => item.at < until_],
  ];
  const bound = { until: until_ };
  for (const [one, holds] of filters) {
    for (const [other, holdsToo] of filters) {
      const page = await search("auditor", { limit: 200, filter: { ...bound, ...one, ...other } });
      const expected = all.filter((item) => item.at < until_ && holds(item) && holdsToo(item));
      // Two chains at once are none.
      if ("chain" in one && "study" in other) continue;
      expect([one, other, page.items.map(({ requestId }) => requestId)]).toEqual([one, other, expected.map(({ requestId }) => requestId)]);
      expect(page.total).toEqual({ count: expected.length, isMore: false });
    }
  }
});

test("a prefix of a resource finds what begins so", async () => {
  await caughtUp();
  const { items } = await search("auditor", { filter: { resource: "site:", action: "trail.read" } });
  expect(items).toEqual([]);
  const packets = await search("auditor", { filter: { resource: "pkt_" } });
  expect(packets.items.length).toBeGreaterThan(0);
});

test("a watch shows a new crossing within two seconds, and its opening and its end are on record", async () => {
  const watching = api.client("auditor").watch("crossings.watch", { filter: { action: "study.read" } }, at.forge("auditor"));
  expect((await watching.next()).value).toEqual({ beat: true });
  const startMs = Date.now();
  dataOf(await api.call("reviewer", "studies.list", {}));
  const { value } = await watching.next();
  expect(Date.now() - startMs).toBeLessThan(2000);
  expect(value).toMatchObject({ event: { items: [{ action: "study.read", principal: principalOf("reviewer") }], skipped: 0 } });
  await watching.return();
  await until(async () => (await at.records("system")).some(({ reason, action }) => reason === "closed" && action === "trail.read"), 5000);
  const records = (await at.records("system")).filter(({ reason }) => reason === "opened" || reason === "closed");
  expect(records.slice(-2)).toMatchObject([
    { decision: "allow", reason: "opened", principal: principalOf("auditor") },
    { decision: "note", reason: "closed", principal: principalOf("auditor") },
  ]);
  expect(records.at(-1)?.["detail"]).toContain("events=1");
});

test("the overview counts what crossed, and of the trail shows nobody more than their rights do", async () => {
  await caughtUp();
  const overall = dataOf(await api.call("auditor", "overview.get", {})) as { outcomes: { buckets: { allowed: number; denied: number }[] }; chains: unknown[]; flows: unknown[] };
  expect(overall.outcomes.buckets).toHaveLength(60);
  // The minute that holds what crossed a moment ago may have ended since.
  const latest = overall.outcomes.buckets.slice(-2);
  expect(latest.reduce((total, { allowed }) => total + allowed, 0)).toBeGreaterThan(0);
  expect(overall.chains).toHaveLength(4);
  expect(overall.flows).toContainEqual(expect.objectContaining({ from: "public", to: "application" }));
  const own = dataOf(await api.call("auditor701", "overview.get", {})) as { chains: { chain: string }[] };
  expect(own.chains.map(({ chain }) => chain)).toEqual([`site:${STUDY}/701`]);
  expect(dataOf(await api.call("reviewer", "overview.get", {}))).toMatchObject({ flows: null, outcomes: null, topDenials: null, chains: null });
});

test("somebody without a right on the trail searches and watches nothing", async () => {
  expect(codeOf(await api.call("reviewer", "crossings.search", {}))).toBe("policy.denied");
  expect(codeOf(await api.call("reviewer", "crossings.watch", {}))).toBe("policy.denied");
});

interface Got {
  readonly line: string;
  readonly mac: string;
  readonly prevMac: string;
  readonly detail: Readonly<Record<string, string>>;
  readonly trace: { readonly lamps: readonly { readonly pillar: string; readonly state: string }[]; readonly rule: string | null };
  readonly checkpoint: { readonly size: number } | null;
}

test("a record is shown as it is stored, with its checkpoint and its trace", async () => {
  const chain = `site:${STUDY}/701`;
  dataOf(await api.call("auditor", "trail.openExport", { chain }));
  const [stored] = await at.owner.run<{ seq: string; body: string; mac: string; prev: string }>`
    SELECT seq, body, encode(mac, 'hex') AS mac, encode(prev_mac, 'hex') AS prev FROM audit.records WHERE chain = ${chain} AND body::json ->> 'action' = 'packet.release'`;
  const seq = Number(stored?.seq);
  const got = dataOf(await api.call("auditor", "crossings.get", { chain, generation: 1, seq })) as Got;
  expect(parseLine(got.line)).toMatchObject({ body: stored?.body, mac: stored?.mac });
  expect(got).toMatchObject({ mac: stored?.mac, prevMac: stored?.prev });
  expect(got.checkpoint?.size).toBeGreaterThanOrEqual(seq);
  expect(got.trace.lamps.every(({ state }) => state === "open")).toBe(true);
  expect(got.trace.rule).toContain("packet.release");
  expect(codeOf(await api.call("auditor", "crossings.get", { chain, generation: 1, seq: 999_999 }))).toBe("policy.denied");
});

test("the reason of an act is opened for whoever may read its record, from what the record commits to, and for nobody else", async () => {
  const chain = `site:${STUDY}/701`;
  const [released] = await at.owner.run<{ seq: string }>`SELECT seq FROM audit.records WHERE chain = ${chain} AND body::json ->> 'action' = 'packet.release'`;
  const place = { chain, generation: 1, seq: Number(released?.seq) };
  const { reason } = dataOf(await api.call("auditor", "crossings.reason", place)) as { reason: string };
  expect(reason).toBe("checked against the source");
  expect(dataOf(await api.call("auditor701", "crossings.reason", place))).toEqual({ reason });
  expect(codeOf(await api.call("reviewer", "crossings.reason", place))).toBe("policy.denied");
  // A record of an act without one.
  expect(dataOf(await api.call("auditor", "crossings.reason", { chain: "system", generation: 1, seq: 1 }))).toEqual({ reason: null });
});

test("a refused request is traced to the lamp that shut, by whoever may see its record and by nobody else", async () => {
  const refused = await api.call("reviewer701", "subjects.list", { site: "704" });
  const { requestId } = JSON.parse(refused.text) as { requestId: string };
  await caughtUp();
  const traced = dataOf(await api.call("auditor", "crossings.trace", { requestId })) as { crossings: Summary[]; trace: Got["trace"] };
  expect(traced.crossings).toMatchObject([{ outcome: "deny", principalName: "reviewer701" }]);
  expect(traced.trace.lamps.map(({ state }) => state)).toEqual(["open", "open", "shut", "dark", "open"]);
  const nothing = { crossings: [], trace: null };
  expect(dataOf(await api.call("auditor701", "crossings.trace", { requestId }))).toEqual(nothing);
  expect(dataOf(await api.call("auditor701", "crossings.trace", { requestId: `req_${"0".repeat(26)}` }))).toEqual(nothing);
});

async function eventsOf<Event>(who: Who, procedure: string, input: object, asked = api): Promise<readonly Event[]> {
  const events: Event[] = [];
  for await (const line of asked.client(who).watch(procedure, input, at.forge(who))) {
    if ("error" in line) throw new Error(JSON.stringify(line));
    if ("event" in line) events.push(line["event"] as Event);
  }
  return events;
}

/** The verdict on an excerpt's lines, as they came. */
async function verifyExcerptLines(lines: readonly string[]): Promise<BundleVerdict> {
  const texts = lines.map((line) => `${line}\n`);
  return verifyExport({
    list: () => Promise.resolve(["excerpt"]),
    async *lines() {
      yield* await Promise.resolve(texts);
    },
    text: () => Promise.resolve(texts.join("")),
    digest: () => Promise.reject(new Error("nothing asks for it")),
  });
}

interface Exported {
  readonly lines: readonly string[];
  readonly done: number;
  readonly of: number;
  readonly isLast: boolean;
}

test("an export holds exactly what its filter matches, oldest first, as canonical lines that verify", async () => {
  const filter = { action: "subject.list" };
  const wanted = (
    await at.owner.run<{
      body: string;
      mac: string;
    }>`SELECT body, encode(mac, 'hex') AS mac FROM audit.records WHERE body::json ->> 'action' = 'subject.list' ORDER BY body::json ->> 'timestamp_utc', chain, seq`
  ).map(({ body, mac }) => lineOf(body, mac));
  const events = await eventsOf<Exported>("auditor", "crossings.export", { filter, format: "jsonl" });
  expect(events.flatMap(({ lines }) => lines)).toEqual(wanted);
  expect(events.at(-1)).toMatchObject({ done: wanted.length, of: wanted.length, isLast: true });
  const [header, ...rows] = (await eventsOf<Exported>("auditor", "crossings.export", { filter, format: "csv" })).flatMap(({ lines }) => lines);
  expect(header).toMatch(/^"at","chain",/);
  expect(rows).toHaveLength(wanted.length);
  expect(codeOf(await api.call("admin", "crossings.export", { format: "csv" }))).toBe("policy.denied");
});

test("an export is refused while the search is behind the trail; of a chain with a break an excerpt is made, and says how far it goes", async () => {
  const chain = `site:${STUDY}/701`;
  await caughtUp();
  let isBroken = false;
  await using lagging = await at.serve({
    ports: (real) => ({
      ...real,
      // As an indexer that stands still leaves it, and as a watch of the custodian tells of a break.
      search: { ...real.search, positions: async (scope) => (await real.search.positions(scope)).map((each) => (each.chain === chain ? { ...each, seq: 1 } : each)) },
      archive: {
        ...real.archive,
        statuses: async (grants, chains) =>
          (await real.archive.statuses(grants, chains)).map((each) => (each.chain === chain && isBroken ? { ...each, broken: { seq: 2, kind: "truncated" } } : each)),
      },
    }),
  });
  const exported = (format: string) => eventsOf<Exported>("auditor701", "crossings.export", { format }, lagging);
  await expect(exported("excerpt")).rejects.toThrow("service.busy");
  isBroken = true;
  await expect(exported("jsonl")).rejects.toThrow("service.busy");
  const lines = (await exported("excerpt")).flatMap((event) => event.lines);
  expect(lines[0]).toContain(`"filter":{"without":"${chain} after record 1 of generation 1"}`);
  expect(await verifyExcerptLines(lines)).toMatchObject({ whole: true, doesNotProve: expect.arrayContaining([expect.stringContaining("Anything of")]) as unknown });
}, 30_000);

test("a site's auditor gets the records of `system` that name the site, with proofs, before and after they are searchable, and none that names another", async () => {
  const note = (resource: string, detail: string) => ({
    chain: "system",
    principal: principalOf("admin"),
    role: "-",
    workload: "-",
    action: "lock.set",
    resource,
    site: "-",
    decision: "note" as const,
    reason: "-",
    request_id: "-",
    policy: "-",
    detail,
  });
  const resources = async (who: Who, site: string): Promise<readonly string[]> => {
    const lines = (await eventsOf<Exported>(who, "crossings.naming", { study: STUDY, site })).flatMap(({ lines: each }) => each);
    const verdict = await verifyExcerptLines(lines);
    expect(verdict).toMatchObject({ whole: true, breaks: [] });
    return lines.flatMap((line) => /"resource\\":\\"(lock\/[a-z]+)/.exec(line)?.[1] ?? []);
  };
  await api.process.trail.append(note("lock/own", `target=${STUDY}/701`));
  await api.process.trail.append(note("lock/other", `target=${STUDY}/704`));
  await api.process.trail.append(note("lock/both", `at=${STUDY}/701;also=${STUDY}/704`));
  await api.process.trail.append(note("lock/longer", `target=${STUDY}/7011;x=A${STUDY}/701`));
  expect(await resources("auditor701", "701")).toEqual(["lock/own"]);
  await caughtUp();
  await api.process.trail.append(note("lock/later", `at=${STUDY}/701`));
  expect(await resources("auditor701", "701")).toEqual(["lock/own", "lock/later"]);
  // What names several sites is in the excerpts of `system` alone, whoever asks for one of them.
  expect(await resources("auditor", "701")).toEqual(["lock/own", "lock/later"]);
  expect(codeOf(await api.call("auditor701", "crossings.naming", { study: STUDY, site: "704" }))).toBe("policy.denied");
  expect(codeOf(await api.call("reviewer701", "crossings.naming", { study: STUDY, site: "701" }))).toBe("policy.denied");
});

test("a verification goes chain by chain, and says how far it is", async () => {
  interface Progress {
    readonly done: number;
    readonly of: number;
    readonly recordsDone: number;
    readonly recordsOf: number;
    readonly chain: { readonly chain: string; readonly broken: unknown } | null;
    readonly isLast: boolean;
  }
  const events = await eventsOf<Progress>("auditor", "crossings.verify", {});
  expect(events.map(({ done }) => done)).toEqual([0, 1, 2, 3, 4]);
  expect(events.at(-1)).toMatchObject({ isLast: true, of: 4, recordsDone: events[0]?.recordsOf });
  expect(events.flatMap(({ chain }) => (chain === null ? [] : [chain.broken]))).toEqual(events.slice(1).flatMap(({ chain }) => (chain === null ? [] : [null])));
  const own = await eventsOf<Progress>("auditor701", "crossings.verify", {});
  expect(own.map(({ chain }) => chain?.chain ?? null)).toEqual([null, `site:${STUDY}/701`]);
});

test("within a long chain a verification says how far it is, until it has its verdict", async () => {
  const chain = `site:${STUDY}/701`;
  let told = 0;
  await using slow = await at.serve({
    ports: (real) => ({
      ...real,
      archive: {
        ...real.archive,
        async verify(grant, chains) {
          await new Promise((resolve) => setTimeout(resolve, 1200));
          return real.archive.verify(grant, chains);
        },
        verifying: () => ({ chain, done: ++told }),
      },
    }),
  });
  const events: { recordsDone: number; recordsOf: number; chain: unknown }[] = [];
  for await (const line of slow.client("auditor701").watch("crossings.verify", {}, at.forge("auditor701")))
    if ("event" in line) events.push(line["event"] as (typeof events)[number]);
  const said = events.map(({ recordsDone, chain: verdict }) => [recordsDone, verdict === null]);
  expect(said.slice(0, 3)).toEqual([
    [0, true],
    [1, true],
    [2, true],
  ]);
  expect(said.at(-1)).toEqual([events[0]?.recordsOf, false]);
});

test("exposure tells who could, who did, and who did and no longer could", async () => {
  const { items } = dataOf(await api.call("reviewer701", "subjects.list", {})) as { items: { subjectId: string; label: string }[] };
  const subject = items[0] ?? { subjectId: "", label: "" };
  const reveal = { subjectId: subject.subjectId, field: "DM.SUBJID", purpose: "audit", reason: "source verification" };
  for (const who of ["reviewer", "reviewer701"] as const) dataOf(await api.call(who, "subjects.reveal", reveal));
  await caughtUp();
  const ask = async (who: Who) => dataOf(await api.call(who, "subjects.exposure", { subjectId: subject.subjectId })) as Record<string, readonly { principal: string }[]>;
  const before = await ask("auditor701");
  expect(before).toMatchObject({
    label: subject.label,
    didAndCannot: [],
    did: [
      { principal: "svc_reviewer", name: "reviewer", reveals: 1 },
      { principal: "svc_reviewer701", reveals: 1 },
    ],
  });
  const never = { roles: ["regulatory_reviewer"], reveals: 0, lastAt: null };
  expect(before["could"]).toEqual(["regulatory", "regulatory701"].map((name) => ({ principal: `svc_${name}`, name, ...never })));
  expect(before["reveals"]).toMatchObject([
    { principal: "svc_reviewer701", field: "DM.SUBJID", purpose: "audit" },
    { principal: "svc_reviewer", field: "DM.SUBJID", purpose: "audit" },
  ]);
  await at.owner.run`UPDATE policy.principals SET status = 'suspended' WHERE id = 'svc_reviewer701'`;
  try {
    await until(async () => ((await ask("auditor701"))["didAndCannot"]?.length ?? 0) > 0, 5000);
    expect(await ask("auditor701")).toMatchObject({
      did: [{ principal: "svc_reviewer" }],
      didAndCannot: [{ principal: "svc_reviewer701", roles: ["clinical_reviewer"], reveals: 1 }],
    });
  } finally {
    await at.owner.run`UPDATE policy.principals SET status = 'active' WHERE id = 'svc_reviewer701'`;
  }
});
