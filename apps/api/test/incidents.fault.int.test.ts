import { createHmac } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openPage, type PackedPage, verifyBundle } from "@sallyport/audit";
import { BundleWriter, directoryReader } from "@sallyport/audit/bundle-folder";
import { newId } from "@sallyport/crypto";
import { openFoundingLinks } from "@sallyport/custody/credentials";
import { faultTest } from "@sallyport/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { checkpointsOf, type OpenedGeneration } from "./exported-checkpoints.ts";
import { STUDY } from "./dataset.ts";
import { Desk, type Enrolled, type SignedIn } from "./people.ts";
import { type Api, codeOf, dataOf, type Deployment, deployment, OTHER_STUDY, type ServeOptions, until } from "./stack.ts";

interface Incident {
  readonly incidentId: string;
  readonly chain: string;
  readonly kind: string;
  readonly from: number;
  readonly to: number;
  readonly stops: string;
  readonly goesOn: { readonly generation: number; readonly at: string | null };
  readonly signed: { readonly generation: number; readonly seq: number } | null;
  readonly stored: { readonly generation: number; readonly seq: number } | null;
  readonly ended: { readonly by: readonly { readonly printedName: string }[] } | null;
}
interface Admin {
  readonly who: Enrolled;
  session: SignedIn;
}

const SITE = `site:${STUDY}/701`;
const OTHER_SITE = `site:${STUDY}/704`;
const REASON = "found, looked into, and told to the sponsor";
let at: Deployment;
let api: Api;
let desk: Desk;
let ada: Admin;
let ben: Admin;
let subjects: ReadonlyMap<string, string>;
let alerts: NonNullable<ServeOptions["alerts"]>;
let receiver: Server;
const KEY = Buffer.from(Array.from({ length: 32 }, (_, index) => index * 5));
interface Told {
  readonly type: string;
  readonly data: { readonly alert: string; readonly chain: string; readonly about: string; readonly link: string };
}
const told: Told[] = [];

/** Takes what is signed by the key that was agreed, as the page for receivers says (docs/runbooks/alerts.md). */
async function startReceiver(): Promise<void> {
  const isSigned = (headers: IncomingHttpHeaders, body: string): boolean =>
    headers["webhook-signature"] ===
    `v1,${createHmac("sha256", KEY)
      .update(`${String(headers["webhook-id"])}.${String(headers["webhook-timestamp"])}.${body}`)
      .digest("base64")}`;
  receiver = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
    request.once("end", () => {
      if (!isSigned(request.headers, body)) return response.writeHead(401).end();
      told.push(JSON.parse(body) as Told);
      return response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/alerts`;
  alerts = { webhooks: [{ name: "duty", url, secrets: [`whsec_${KEY.toString("base64")}`] }], mail: [] };
}

beforeAll(async () => {
  at = await deployment();
  await startReceiver();
  api = await at.serve({ alerts });
  desk = await Desk.of(at);
  const enrolled = openFoundingLinks(at.custodian.store).map(async ({ secret }, index) => {
    const who = await desk.enrol(api, secret, { username: `founder.${index}`, printedName: `Founder ${index}` }, "passkey");
    return { who, session: await desk.signIn(api, who) };
  });
  [ada, ben] = (await Promise.all(enrolled)) as [Admin, Admin];
  await at.seed(api);
  const { items } = dataOf(await api.call("reviewer", "subjects.list", { study: STUDY })) as { items: readonly { subjectId: string; site: string }[] };
  subjects = new Map(items.map(({ site, subjectId }) => [site, subjectId]));
  await at.custodian.handle("sign", Buffer.from(JSON.stringify({ kind: "checkpoint", chains: [SITE, OTHER_SITE, "system"] })));
}, 60_000);
afterAll(async () => {
  desk?.close();
  await api?.close();
  await at?.close();
  receiver?.close();
});

const asAdmin = (by: Admin, procedure: string, input: object) => desk.call(api, by.session, procedure, input);
const incidents = async (): Promise<readonly Incident[]> => (dataOf(await api.call("auditor", "incidents.list", { show: "open" })) as { incidents: readonly Incident[] }).incidents;
const reveal = async (site: string, on = api): Promise<string> =>
  codeOf(await on.call("reviewer", "subjects.reveal", { subjectId: subjects.get(site), field: "DM.SUBJID", purpose: "monitoring", reason: REASON }));
const list = async (on = api): Promise<string> => codeOf(await on.call("reviewer", "subjects.list", { study: STUDY }));
const verified = async (chain: string) =>
  (dataOf(await api.call("auditor", "trail.verify", { chains: [chain] })) as { chains: readonly { generation: number; broken: { seq: number; kind: string } | null }[] }).chains
    .toSorted((a, b) => a.generation - b.generation)
    .map(({ generation, broken }) => (broken === null ? `${generation} whole` : `${generation} ${broken.kind} ${broken.seq}`));
const TRIGGERS = { "audit.records": ["append_only"], "audit.heads": ["never_removed", "forward_only"], "audit.checkpoints": ["append_only"] };
/** As somebody who owns the database: no trigger holds. */
async function tamper(...statements: readonly string[]): Promise<void> {
  const each = Object.entries(TRIGGERS).flatMap(([table, names]) => names.map((name) => ({ table, name })));
  const off = each.map(({ table, name }) => `ALTER TABLE ${table} DISABLE TRIGGER ${name}`);
  const on = each.map(({ table, name }) => `ALTER TABLE ${table} ENABLE ALWAYS TRIGGER ${name}`);
  for (const sql of [...off, ...statements, ...on]) await at.owner.run(Object.assign([sql], { raw: [sql] }));
}

const readNotes = async (input: object): Promise<unknown> => dataOf(await api.call("auditor", "trail.readCheckpoints", input));

/** Exports a chain as a client does, and verifies what it wrote. */
async function exported(chain: string) {
  const folder = mkdtempSync(join(tmpdir(), "incident-bundle-"));
  try {
    const opened = dataOf(await api.call("auditor", "trail.openExport", { chain })) as {
      statement: string;
      generations: OpenedGeneration[];
      fingerprint: string;
    };
    const writer = await BundleWriter.create(folder, opened.statement);
    for (const open of opened.generations) {
      const { generation, size } = open;
      await writer.open(generation);
      for (let from = 1; from <= size; from += 1000) {
        await writer.addPage(openPage(dataOf(await api.call("auditor", "trail.readExport", { chain, generation, from, limit: 1000 })) as PackedPage));
      }
      await writer.addCheckpoints(await checkpointsOf(readNotes, { chain, ...opened }, open));
    }
    await writer.finish({ names: {}, vocabulary: { actions: {}, reasons: {} }, handovers: [] });
    const { breaks } = await verifyBundle(directoryReader(folder), { fingerprint: opened.fingerprint });
    return breaks.map(({ generation, seq, kind }) => `${generation} ${kind} ${seq}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Asks for the end of these, has the other approve it, and carries it out. */
async function release(named: readonly Incident[]): Promise<void> {
  const asked = await asAdmin(ada, "approvals.requestIncidentRelease", { incidentIds: named.map(({ incidentId }) => incidentId), reason: REASON });
  const { approvalId, digest } = (dataOf(asked) as { approval: { approvalId: string; digest: string } }).approval;
  const carryOut = async (by: Admin, over = by): Promise<string> =>
    codeOf(await asAdmin(by, "incidents.release", { approvalId, proof: { kind: "passkey", response: over.who.authenticator?.assert(Buffer.from(digest, "hex")) } }));
  expect(await carryOut(ada)).toBe("approval.state");
  const response = ben.who.authenticator?.assert(Buffer.from(digest, "hex"));
  expect(codeOf(await asAdmin(ben, "approvals.decide", { approvalId, digest, verdict: "approve", reason: REASON, proof: { kind: "passkey", response } }))).toBe("ok");
  expect((await incidents()).length).toBe(named.length);
  expect(await carryOut(ben)).toBe("policy.denied");
  expect(await carryOut(ada, ben)).toBe("stepup.failed");
  expect(await carryOut(ada)).toBe("ok");
  await until(async () => (await incidents()).length === 0);
}

let isBroken = false;
/** One record of a site's chain altered, found, and the chain gone on; once. */
async function broken(): Promise<Incident> {
  if (!isBroken) {
    isBroken = true;
    await tamper(`UPDATE audit.records SET body = replace(body, '"allow"', '"denys"') WHERE chain = '${SITE}' AND generation = 1 AND seq = 2`);
    expect(await verified(SITE)).toContain("1 altered 2");
    await until(async () => (await incidents()).some(({ goesOn }) => goesOn.at !== null));
  }
  return (await incidents())[0] as Incident;
}

const without = (over: Partial<ReturnType<NonNullable<ServeOptions["ports"]>>>): ServeOptions => ({ ports: (real) => ({ ...real, ...over }) });

faultTest("A1", "a record that was altered is named, and what is dangerous stops at its site", async (defence) => {
  expect(await broken()).toMatchObject({ chain: SITE, kind: "altered", from: 2, stops: "site", goesOn: { generation: 2 } });
  if (defence === "on") return expect(await reveal("701")).toBe("trail.quarantined");
  await using lax = await at.serve(without({ incidentOf: () => null }));
  expect(await reveal("701", lax)).toBe("trail.quarantined");
});

test("everything else goes on, in a generation that cites what was signed, and an export and its verdict span both", async () => {
  await broken();
  expect([await reveal("704"), await list()]).toEqual(["ok", "ok"]);
  expect(codeOf(await api.call("auditor701", "incidents.list", {}))).toBe("ok");
  const [opening] = (await at.records(SITE)).filter(({ generation }) => Number(generation) === 2);
  expect(opening).toMatchObject({
    action: "generation.open",
    resource: `incident/${(await broken()).incidentId}`,
    detail: expect.stringMatching(/^previous generation=1 seq=\d+ mac=[0-9a-f]{64}$/) as string,
  });
  expect(await exported(SITE)).toEqual(["1 altered 2"]);
  expect(await verified(SITE)).toEqual(["1 altered 2", "2 whole"]);
  const refusals = (await at.records("system")).filter(({ reason }) => reason === "trail.quarantined");
  expect(refusals.length).toBeGreaterThan(0);
  expect(refusals[0]?.["detail"]).toContain(`chain=${SITE}`);
});

interface AlertList {
  readonly routes: readonly { readonly name: string; readonly failure: string | null }[];
  readonly alerts: readonly {
    readonly alertId: string;
    readonly kind: string;
    readonly chain: string;
    readonly deliveries: readonly { readonly route: string; readonly state: string }[];
  }[];
}
const alertsOf = async (who: "auditor" | "auditor701", input: object): Promise<AlertList> => dataOf(await api.call(who, "alerts.list", input)) as AlertList;

test("who has to know is told at once, signed, with ids alone; and who looks at the incident sees who was told", async () => {
  const { incidentId } = await broken();
  await until(async () => (await alertsOf("auditor", { incidentId })).alerts.some(({ deliveries }) => deliveries.some(({ state }) => state === "delivered")));
  const [found] = told.filter(({ data }) => data.about === `incident/${incidentId}`);
  expect(found).toMatchObject({ type: "incident.opened", data: { chain: SITE, link: `http://localhost:3000/incidents?incident=${incidentId}` } });
  expect((await alertsOf("auditor701", { incidentId })).alerts).toMatchObject([
    { alertId: found?.data.alert, kind: "incident.opened", deliveries: [{ route: "duty", state: "delivered" }] },
  ]);
});

test("what was done about it is said step by step, by whom and when, with a note that is sealed, and stays with the incident", async () => {
  const { incidentId } = await broken();
  const done = async (who: "auditor" | "auditor701" | "reviewer", step: string, note: string, evidence?: object): Promise<string> =>
    codeOf(await api.call(who, "incidents.recordStep", { incidentId, step, note, ...(evidence !== undefined && { evidence }) }));
  const evidence = { sha256: "5e".repeat(32), bytes: 4_294_967_297 };
  for (const wrong of [
    { ...evidence, sha256: "5E".repeat(32) },
    { ...evidence, bytes: -1 },
    { ...evidence, name: "copy.dump" },
  ])
    expect(await done("auditor701", "copied", "database and store are on a disk", wrong)).toBe("input.invalid");
  expect(await done("auditor701", "copied", "database and store are on the disk with the number 12", evidence)).toBe("ok");
  expect(await done("auditor", "verified", "its output is in the quality system under Q-77")).toBe("ok");
  expect(await done("reviewer", "exported", "somebody without the right to it")).toBe("policy.denied");
  expect(codeOf(await api.call("auditor", "incidents.recordStep", { incidentId: newId("inc"), step: "copied", note: "of nothing at all" }))).toBe("policy.denied");
  const { steps, mayRecord } = dataOf(await api.call("auditor701", "incidents.get", { incidentId })) as {
    steps: readonly { step: string; by: string; note: string; evidence: unknown }[];
    mayRecord: boolean;
  };
  expect([mayRecord, steps.map((each) => [each.step, each.note, each.evidence])]).toEqual([
    true,
    [
      ["copied", "database and store are on the disk with the number 12", evidence],
      ["verified", "its output is in the quality system under Q-77", null],
    ],
  ]);
  const [recorded, ...others] = (await at.records(SITE)).filter(({ resource, action }) => action === "trail.verify" && resource === `incident/${incidentId}`);
  expect([recorded?.["detail"]?.includes("step=copied"), recorded?.["detail"]?.includes(`evidence=${evidence.sha256}`), others.length]).toEqual([true, true, 1]);
  expect(JSON.stringify(await at.records(SITE))).not.toContain("number 12");
  await expect(at.owner.run`DELETE FROM audit.incident_steps`).rejects.toThrow();
});

test("a test alert goes to everybody who would be told, upon whoever may verify the whole trail, and is on record", async () => {
  expect(codeOf(await api.call("auditor701", "alerts.test", {}))).toBe("policy.denied");
  const { alertId, routes } = dataOf(await api.call("auditor", "alerts.test", {})) as { alertId: string; routes: readonly string[] };
  expect(routes).toEqual(["duty"]);
  await until(() => Promise.resolve(told.some(({ data }) => data.alert === alertId)));
  expect((await at.records("system")).some(({ action, resource }) => action === "trail.verify" && resource?.startsWith("alert-test/"))).toBe(true);
  expect((await alertsOf("auditor", {})).alerts.map((each) => each.alertId)).toContain(alertId);
  // `system`'s alerts aren't for a site's auditor.
  expect((await alertsOf("auditor701", {})).alerts.map(({ chain }) => chain)).toEqual([SITE]);
  await using silent = await at.serve();
  expect(codeOf(await silent.call("auditor", "alerts.test", {}))).toBe("alert.nobody");
});

test("a receiver that can't be reached is something that needs the auditor, until it is", async () => {
  const needs = async (): Promise<readonly string[]> =>
    (dataOf(await api.call("auditor", "overview.get", {})) as { needs: readonly { kind: string; text: string }[] }).needs.flatMap(({ kind, text }) =>
      kind === "alerts" ? [text] : [],
    );
  const { port } = receiver.address() as AddressInfo;
  receiver.closeAllConnections();
  await new Promise((resolve) => receiver.close(resolve));
  const { alertId } = dataOf(await api.call("auditor", "alerts.test", {})) as { alertId: string };
  await until(async () => (await needs()).length > 0);
  expect(await needs()).toEqual(["Alerts don't reach duty."]);
  await new Promise<void>((resolve) => receiver.listen(port, "127.0.0.1", resolve));
  await until(() => Promise.resolve(told.some(({ data }) => data.alert === alertId)), 15_000);
  await until(async () => (await needs()).length === 0);
});

test("two people end it by their passkeys, with nothing mended, and nothing is stopped any more", async () => {
  await release([await broken()]);
  expect(await reveal("701")).toBe("ok");
  expect(await verified(SITE)).toEqual(["1 altered 2", "2 whole"]);
  const { incidents: all } = dataOf(await api.call("auditor", "incidents.list", {})) as { incidents: readonly Incident[] };
  expect(all[0]?.ended?.by.map(({ printedName }) => printedName)).toEqual(["Founder 0", "Founder 1"]);
  await until(async () => (await at.records(SITE)).some(({ action }) => action === "incident.ended"));
  await until(() => Promise.resolve(told.some(({ type, data }) => type === "incident.ended" && data.chain === SITE)));
});

/** An emptied table, another site's table and an older dump, each in a chain of its own, and the api started anew; once. */
async function putBack(): Promise<void> {
  if ((await incidents()).length > 0) return;
  await at.custodian.handle("sign", Buffer.from(JSON.stringify({ kind: "checkpoint", chains: [SITE, OTHER_SITE, "system"] })));
  await api.close();
  const n = (await at.records(OTHER_SITE)).length;
  const left = (await at.records("system")).length - 5;
  await tamper(
    `DELETE FROM audit.records WHERE chain IN ('${SITE}', '${OTHER_SITE}')`,
    `INSERT INTO audit.records SELECT '${OTHER_SITE}', generation, seq, prev_mac, mac, body FROM audit.records WHERE chain = 'system' AND seq <= ${n}`,
    `UPDATE audit.heads SET mac = (SELECT mac FROM audit.records WHERE chain = '${OTHER_SITE}' AND seq = ${n}) WHERE chain = '${OTHER_SITE}'`,
    `DELETE FROM audit.records WHERE chain = 'system' AND seq > ${left}`,
    `UPDATE audit.heads SET seq = ${left}, mac = (SELECT mac FROM audit.records WHERE chain = 'system' AND seq = ${left}) WHERE chain = 'system'`,
    `DELETE FROM audit.checkpoints WHERE chain = 'system' AND size > ${left}`,
  );
  api = await at.serve();
}

faultTest("A4", "a start on an older dump is a frozen one", async (defence) => {
  await putBack();
  expect((await incidents()).find(({ chain }) => chain === "system")).toMatchObject({ kind: "rolled back", stops: "everything" });
  if (defence === "on") return expect(await list()).toBe("trail.frozen");
  await using lax = await at.serve(without({ isFrozen: () => false }));
  expect(await list(lax)).toBe("trail.frozen");
});

faultTest("A3", "a start on an emptied table, or on another site's, is a frozen one and begins nothing anew", async (defence) => {
  await putBack();
  const found = await incidents();
  expect(found.find(({ chain }) => chain === SITE)).toMatchObject({ kind: "truncated", from: 1, stops: "everything", goesOn: { generation: 3 } });
  expect(found.find(({ chain }) => chain === OTHER_SITE)).toMatchObject({ kind: "foreign", from: 1, stops: "everything", goesOn: { generation: 2 } });
  if (defence === "on") return expect(await list()).toBe("trail.frozen");
  await using lax = await at.serve(without({ isFrozen: () => false }));
  expect(await list(lax)).toBe("trail.frozen");
});

test("frozen, people sign in, incidents are told, chains are verified and exported, and nothing else", async () => {
  await putBack();
  for (const each of [ada, ben]) each.session = await desk.signIn(api, each.who);
  expect(await verified("system")).toEqual([expect.stringMatching(/^1 rolled back/), "2 whole"]);
  expect((await exported("system"))[0]).toMatch(/^1 truncated/);
  // Of another site's chain, and of `system`, a site's auditor learns no more than of one that isn't there.
  const [mine, ...foreign] = (await incidents()).toSorted((one) => (one.chain === SITE ? -1 : 1));
  for (const { incidentId } of [...foreign, { incidentId: newId("inc") }]) expect(codeOf(await api.call("auditor701", "incidents.get", { incidentId }))).toBe("policy.denied");
  expect(dataOf(await api.call("auditor701", "incidents.get", { incidentId: mine?.incidentId }))).toMatchObject({ incident: { chain: SITE } });
  expect((dataOf(await api.call("auditor701", "incidents.list", { show: "open" })) as { incidents: readonly Incident[] }).incidents.map(({ chain }) => chain)).toEqual([SITE]);
  const others = ["approvals.requestSuspend", "locks.set", "people.suspend"].map(async (procedure) =>
    codeOf(
      await asAdmin(
        ada,
        procedure,
        procedure === "locks.set" ? { target: { kind: "site", study: OTHER_STUDY, site: "901" }, reason: REASON } : { personId: ben.who.personId, reason: REASON },
      ),
    ),
  );
  expect(new Set(await Promise.all(others))).toEqual(new Set(["trail.frozen"]));
});

test("it goes on by two people's word alone, with the discontinuity on record in each chain", async () => {
  await putBack();
  const found = await incidents();
  await release(found);
  expect([await list(), await reveal("704")]).toEqual(["ok", "ok"]);
  for (const { chain, incidentId } of found) {
    await until(async () => (await at.records(chain)).some(({ action, detail }) => action === "trail.discontinuity" && (detail ?? "").includes(incidentId)));
    const record = (await at.records(chain)).find(({ action, detail }) => action === "trail.discontinuity" && (detail ?? "").includes(incidentId));
    expect(record?.["detail"]).toMatch(/;signed=\d+\/\d+\/[0-9a-f]{64};stored=\d+\/\d+\/[0-9a-f]{64};approval=/);
  }
  // The next start is a plain one.
  await api.close();
  api = await at.serve();
  expect(await list()).toBe("ok");
});
