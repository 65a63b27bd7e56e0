import { faultTest } from "@sallyport/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { STUDY } from "./dataset.ts";
import { policyKeptForGood, principalsAs } from "./lax-ports.ts";
import { type Api, codeOf, dataOf, type Deployment, deployment, until, type Who } from "./stack.ts";

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

const caughtUp = (): Promise<void> =>
  until(async () => {
    const [row] = await at.owner.run<{ behind: string }>`SELECT (SELECT count(*) FROM audit.records) - (SELECT count(*) FROM audit.search) AS behind`;
    return row?.behind === "0";
  }, 5000);

type Line = Readonly<Record<string, unknown>>;

/** The lines of a watch until it ends, or for so long. */
async function linesFor(asked: Api, who: Who, procedure: string, input: object, options: { readonly ms: number; readonly token?: string }): Promise<readonly Line[]> {
  const lines: Line[] = [];
  const watch = asked.client(who).watch(procedure, input, options.token ?? at.forge(who));
  const late = new Promise<"late">((resolve) => setTimeout(() => resolve("late"), options.ms).unref());
  for (;;) {
    const next = await Promise.race([watch.next(), late]);
    if (next === "late" || next.done === true) break;
    lines.push(next.value);
  }
  void watch.return().catch(() => undefined);
  return lines;
}

const codeIn = (lines: readonly Line[]): unknown => (lines.at(-1)?.["error"] as { code?: unknown } | undefined)?.code ?? lines.at(-1)?.["code"] ?? null;
const siteRuleIgnored = principalsAs((principal) => ({ ...principal, assignments: principal.assignments.map((each) => ({ ...each, site: "*" })) }));

faultTest("R4", "a site's auditor finds, counts, charts, exports, verifies and watches that site's chain alone", async (defence) => {
  await using asked = await at.serve(defence === "off" ? { ports: siteRuleIgnored } : {});
  await caughtUp();
  const own = `site:${STUDY}/701`;
  const [{ n } = { n: "0" }] = await at.owner.run<{ n: string }>`SELECT count(*) AS n FROM audit.records WHERE chain = ${own}`;
  const page = dataOf(await asked.call("auditor701", "crossings.search", { limit: 200 })) as { items: { chain: string }[]; total: { count: number } };
  expect(new Set(page.items.map(({ chain }) => chain))).toEqual(new Set([own]));
  // The search's own record came in since.
  expect(page.total.count).toBeLessThanOrEqual(Number(n) + 3);
  expect(dataOf(await asked.call("auditor701", "overview.get", {}))).toMatchObject({ chains: [{ chain: own }] });
  const everything = [
    ...(await linesFor(asked, "auditor701", "crossings.export", { format: "jsonl" }, { ms: 10_000 })),
    ...(await linesFor(asked, "auditor701", "crossings.verify", {}, { ms: 20_000 })),
  ];
  expect(JSON.stringify(everything)).not.toMatch(/\/704|OTHER|"chain\\?":\\?"system/);
  const watched = linesFor(asked, "auditor701", "crossings.watch", {}, { ms: 3000 });
  await asked.call("reviewer704", "subjects.list", {});
  await asked.call("reviewer701", "subjects.list", {});
  expect(JSON.stringify(await watched)).not.toMatch(/\/704|OTHER|"chain\\?":\\?"system/);
});

test("[R4] a cursor of a search is refused to another caller, for another filter, and with one character changed", async () => {
  const { next } = dataOf(await api.call("auditor", "crossings.search", { limit: 2 })) as { next: string };
  dataOf(await api.call("auditor", "crossings.search", { limit: 2, cursor: next }));
  const changed = next.slice(0, -1) + (next.endsWith("0") ? "1" : "0");
  for (const [who, input] of [
    ["auditor701", { cursor: next }],
    ["admin", { cursor: next }],
    ["auditor", { cursor: next, filter: { action: "subject.list" } }],
    ["auditor", { cursor: changed }],
  ] as const) {
    const reply = await api.call(who, "crossings.search", input);
    expect([who, reply.status, codeOf(reply)]).toEqual([who, 400, "input.cursor"]);
  }
});

/** As a door with batches would take one: each part by itself, and all the answers together. */
async function inParts(path: string, headers: Readonly<Record<string, string>>): Promise<{ readonly status: number; readonly text: string }> {
  const [names = ""] = decodeURIComponent(path.slice("/trpc/".length)).split("?");
  const replies = await Promise.all(names.split(",").map((name) => api.client("reviewer").send({ path: `/trpc/${name}`, headers, body: "{}" })));
  return { status: 207, text: replies.map(({ text }) => text).join("") };
}

faultTest("R12", "a batch of something allowed and something denied is refused as a whole: none of it runs, and nothing is answered", async (defence) => {
  const before = (await at.records("system")).length;
  const headers = { authorization: `Bearer ${at.forge("reviewer")}` };
  for (const [path, body] of [
    ["/trpc/studies.list,workloads.list?batch=1", '{"0":{},"1":{}}'],
    ["/trpc/studies.list%2Cworkloads.list?batch=1", '{"0":{},"1":{}}'],
    ["/trpc/studies.list?batch=1", '{"0":{}}'],
    ["/trpc/studies.list", "[{},{}]"],
  ] as const) {
    const reply = defence === "on" ? await api.client("reviewer").send({ path, headers, body }) : await inParts(path, headers);
    expect([path, reply.status >= 400 && reply.status < 500]).toEqual([path, true]);
    expect(reply.text).not.toContain("result");
  }
  const since = (await at.records("system")).slice(before).filter(({ principal }) => principal === "svc_reviewer");
  expect(since.map(({ decision, reason }) => `${decision} ${reason}`)).toEqual(["deny input.invalid", "deny input.invalid"]);
});

/** What takes a right away while a watch of `auditor701` goes on, and gives it back. */
const takings: Readonly<Record<string, { readonly take: () => unknown; readonly restore: () => unknown; readonly code: string }>> = {
  "its role is taken away": {
    take: () => at.owner.run`UPDATE policy.assignments SET until_ms = from_ms + 1 WHERE principal = 'svc_auditor701' AND until_ms IS NULL`,
    restore: () => at.owner.run`
      INSERT INTO policy.assignments (principal, role, study, site, from_ms)
      SELECT principal, role, study, site, from_ms + 2 FROM policy.assignments WHERE principal = 'svc_auditor701' ORDER BY from_ms DESC LIMIT 1`,
    code: "policy.denied",
  },
  "its principal is suspended": {
    take: () => at.owner.run`UPDATE policy.principals SET status = 'suspended' WHERE id = 'svc_auditor701'`,
    restore: () => at.owner.run`UPDATE policy.principals SET status = 'active' WHERE id = 'svc_auditor701'`,
    code: "token.revoked",
  },
  "its tokens are ended": {
    take: () => at.owner.run`UPDATE policy.principals SET tokens_from_s = ${Math.floor(Date.now() / 1000) + 5} WHERE id = 'svc_auditor701'`,
    restore: () => at.owner.run`UPDATE policy.principals SET tokens_from_s = 0 WHERE id = 'svc_auditor701'`,
    code: "token.revoked",
  },
};

for (const [what, { take, restore, code }] of Object.entries(takings)) {
  faultTest("R14", `a watch ends within a second after ${what}, and its end is on record`, async (defence) => {
    await using asked = await at.serve(defence === "off" ? { ports: policyKeptForGood } : {});
    const watched = linesFor(asked, "auditor701", "crossings.watch", {}, { ms: 3000 });
    await new Promise((resolve) => setTimeout(resolve, 500));
    const startMs = Date.now();
    await take();
    try {
      const lines = await watched;
      expect([codeIn(lines), lines[0]]).toEqual([code, { beat: true }]);
      expect(Date.now() - startMs).toBeLessThan(1000);
      const ended = (await at.records("system")).findLast(({ principal, action }) => principal === "svc_auditor701" && action === "trail.read");
      expect(ended).toMatchObject({ decision: "deny", reason: code });
    } finally {
      await restore();
    }
  });
}

test("a watch ends when its token does", async () => {
  const token = at.forge("auditor", { lifetimeS: 3 });
  const startMs = Date.now();
  const lines = await linesFor(api, "auditor", "overview.watch", {}, { ms: 8000, token });
  expect(codeIn(lines)).toBe("token.time");
  expect(Date.now() - startMs).toBeLessThan(4700);
});

test("a workload that is revoked gets nothing more of its watches", async () => {
  const watched = linesFor(api, "admin701", "overview.watch", {}, { ms: 8000 });
  await new Promise((resolve) => setTimeout(resolve, 500));
  await at.custodian.certificates.revoke(at.spiffe("admin701"));
  expect(["workload.invalid", "workload.revoked"]).toContain(codeIn(await watched));
});

test("a principal holds so many watches and no more, and one that is left makes room", async () => {
  const token = at.forge("reviewer704");
  const open: AsyncGenerator<Line>[] = [];
  while (open.length < 16) {
    const watch = api.client("reviewer704").watch("overview.watch", {}, token);
    const { value } = await watch.next();
    // A busy machine may refuse one; it takes no place then.
    if (value?.["beat"] === true) open.push(watch);
  }
  expect(codeOf(await api.call("reviewer704", "overview.watch", {}))).toBe("service.busy");
  for (const watch of open) await watch.return();
  await until(async () => (await api.call("reviewer704", "overview.watch", {})).status === 200, 5000);
});

test("stopping the api ends its watches, and their ends are on record", async () => {
  await using stopped = await at.serve();
  const lines = linesFor(stopped, "reviewer701", "overview.watch", {}, { ms: 8000 });
  await new Promise((resolve) => setTimeout(resolve, 500));
  await stopped.process.close(2000);
  expect(codeIn(await lines)).toBe("service.stopping");
  expect(
    (await at.records("system")).concat(await at.records(`site:${STUDY}/701`)).some(({ reason, principal }) => reason === "service.stopping" && principal === "svc_reviewer701"),
  ).toBe(true);
});
