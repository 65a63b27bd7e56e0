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
  expect(overall.outcomes.buckets.at(-1)?.allowed).toBeGreaterThan(0);
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
