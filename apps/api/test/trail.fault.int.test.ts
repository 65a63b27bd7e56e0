import { connect as connectTls } from "node:tls";
import { createAppRouter, walkRouter } from "@sallyport/api";
import { cdiscSdtm } from "@sallyport/phi";
import { faultTest } from "@sallyport/testkit";
import { initTRPC } from "@trpc/server";
import { afterAll, beforeAll, expect } from "vitest";
import { demographics, STUDY } from "./dataset.ts";
import type { Reply } from "./door-client.ts";
import { FaultProxy, through } from "./fault-proxy.ts";
import { bestEffort, policyKeptForGood, type Ports } from "./lax-ports.ts";
import { sampleOf } from "./samples.ts";
import { type Api, codeOf, dataOf, type Deployment, deployment, OTHER_STUDY, until, type Who } from "./stack.ts";

const LONG = process.env["SALLYPORT_TEST_LONG"] !== undefined;

let at: Deployment;
let proxy: FaultProxy;
let procedures: readonly { readonly path: string; readonly input: unknown }[] = [];
let subjectId = "";
let proposalId = "";
let content: unknown;
beforeAll(async () => {
  at = await deployment();
  proxy = await FaultProxy.before(Number(new URL(at.apiUrl).port));
  await using api = await at.serve({
    ports: (real) => {
      // A part puts nothing on record: what it belongs to is, at its beginning and at its end.
      procedures = walkRouter(createAppRouter(real))
        .filter(({ declared }) => declared?.kind !== "part")
        .map(({ path, declared }) => ({ path, input: declared?.input }));
      return real;
    },
  });
  await at.seed(api);
  const page = dataOf(await api.call("reviewer", "subjects.list", {})) as { items: { subjectId: string }[] };
  subjectId = page.items[0]?.subjectId ?? "";
  ({ content } = (dataOf(await api.call("admin", "policy.current", {})) as { policy: { content: unknown } }).policy);
  ({ proposalId } = (dataOf(await api.call("admin", "policy.propose", { content, suite: "{}" })) as { proposal: { proposalId: string } }).proposal);
});
afterAll(async () => {
  await proxy?.close();
  await at?.close();
});

const dataset = demographics([{ site: "701", subject: "3001" }]);
const upload = async (api: Api): Promise<string> => (dataOf(await api.call("ingest", "packets.upload", { study: STUDY, content: dataset })) as { packetId: string }).packetId;

const files = [{ name: "dm.json", bytes: Buffer.byteLength(dataset) }];
const begin = async (api: Api): Promise<string> => (dataOf(await api.call("ingest", "packets.begin", { study: STUDY, files })) as { packetId: string }).packetId;

const PEOPLES = /^(?:me|people|approvals|emergencies|reviews|signatures|submissions|trailReviews)\.|^subjects\.openBulk$|^documents\.(?:get|view)/;

/** One call of each procedure: one that would be allowed, or, of those that are people's alone, one whose refusal has to be put on record. */
/** An item that isn't there. */
const ITEM = `obx_${"0".repeat(26)}`;
const calls = (packetId: string, uploadId: string): Readonly<Record<string, readonly [Who, object]>> => ({
  ...Object.fromEntries(procedures.filter(({ path }) => PEOPLES.test(path)).map(({ path, input }) => [path, ["admin", sampleOf(input) as object]])),
  "packets.upload": ["ingest", { study: STUDY, content: dataset }],
  "packets.begin": ["ingest", { study: STUDY, files }],
  "packets.progress": ["ingest", { packetId: uploadId }],
  "packets.unfinished": ["ingest", {}],
  "packets.complete": ["ingest", { packetId: uploadId, files: [{ n: 1, sha256: "0".repeat(64) }] }],
  "packets.abandon": ["ingest", { packetId: uploadId }],
  "packets.list": ["steward", {}],
  "packets.get": ["steward", { packetId }],
  "packets.inspect": ["steward", { packetId }],
  "packets.release": ["steward", { packetId, reason: "checked at the source" }],
  "packets.reject": ["steward", { packetId, reason: "not checked at all" }],
  "documents.sequences": ["reviewer", {}],
  "documents.correspondence": ["regulatory", {}],
  "documents.credentials": ["regulatory", {}],
  "subjects.list": ["reviewer", {}],
  "subjects.exposure": ["auditor", { subjectId }],
  "subjects.get": ["reviewer", { subjectId }],
  "subjects.history": ["reviewer", { subjectId }],
  "subjects.withdraw": ["regulatory", { subjectId, from: "2024-06-01", reason: "told the investigator" }],
  "subjects.correctWithdrawal": ["regulatory", { subjectId, reason: "another subject was meant" }],
  "subjects.transfer": ["regulatory", { subjectId, to: "704", reason: "has moved to another town" }],
  "subjects.reveal": ["reviewer", { subjectId, field: "DM.SUBJID", purpose: "audit", reason: "source verification" }],
  "profiles.list": ["steward", {}],
  "profiles.get": ["steward", { profile: "cdisc-sdtm" }],
  "profiles.compare": ["admin", { document: JSON.stringify({ ...cdiscSdtm, version: 2, title: "Another title" }) }],
  "studies.list": ["reviewer", {}],
  "trail.chains": ["auditor", {}],
  "trail.openExport": ["auditor", { chain: `site:${STUDY}/701` }],
  "trail.readCheckpoints": ["auditor", { chain: `site:${STUDY}/701`, generation: 1, below: 100 }],
  "trail.readExport": ["auditor", { chain: `site:${STUDY}/701`, generation: 1, from: 1 }],
  "trail.prove": ["auditor", { chain: `site:${STUDY}/701`, generation: 1, seq: 1 }],
  "trail.proveGrowth": ["auditor", { chain: `site:${STUDY}/701`, generation: 1, from: 1 }],
  "trail.verify": ["auditor", { chains: [`site:${STUDY}/701`] }],
  "crossings.search": ["auditor", {}],
  "crossings.saved": ["auditor", {}],
  "crossings.save": ["auditor", { name: "Of mine", filter: { action: "phi.read" } }],
  "crossings.rename": ["auditor", { searchId: `svs_${"0".repeat(26)}`, name: "Of mine" }],
  "crossings.remove": ["auditor", { searchId: `svs_${"0".repeat(26)}` }],
  "crossings.get": ["auditor", { chain: "system", generation: 1, seq: 1 }],
  "crossings.reason": ["auditor", { chain: "system", generation: 1, seq: 1 }],
  "crossings.trace": ["auditor", { requestId: `req_${"0".repeat(26)}` }],
  "crossings.verify": ["auditor", {}],
  "crossings.naming": ["auditor701", { study: STUDY, site: "701" }],
  "crossings.export": ["auditor", { format: "jsonl" }],
  "crossings.watch": ["auditor", {}],
  "overview.get": ["auditor", {}],
  "overview.watch": ["auditor", {}],
  "workloads.list": ["admin", {}],
  "workloads.offboard": ["admin", { service: "regulatory701", reason: "is not needed any more" }],
  "policy.current": ["admin", {}],
  "policy.versions": ["admin", {}],
  "policy.version": ["admin", { version: 1 }],
  "policy.proposals": ["admin", {}],
  "policy.proposal": ["admin", { proposalId }],
  "policy.replay": ["admin", { proposalId }],
  "policy.propose": ["admin", { content, suite: "{}" }],
  "policy.explain": ["admin", { crossing: { chain: "system", generation: 1, seq: 1 } }],
  "policy.whoCan": ["admin", { action: "trail.read", resource: "trail", place: "deployment" }],
  "policy.whatCan": ["admin", { principal: "svc_admin" }],
  "access.mine": ["reviewer", {}],
  "studies.register": [
    "admin",
    { study: "NEW", title: "Another one", profile: "cdisc-sdtm", sites: [{ site: "1", name: "One", country: "USA" }], reason: "as the sponsor has it" },
  ],
  "studies.addSites": ["admin", { study: OTHER_STUDY, sites: [{ site: "902", name: "Two", country: "USA" }], reason: "as the sponsor has it" }],
  "studies.changeTitle": ["admin", { study: OTHER_STUDY, title: "Another title", reason: "as the sponsor has it" }],
  "studies.closeSite": ["admin", { study: OTHER_STUDY, site: "901", reason: "as the sponsor has it" }],
  "studies.reopenSite": ["admin", { study: OTHER_STUDY, site: "901", reason: "as the sponsor has it" }],
  "people.previewImport": ["admin", { csv: `username,name,role,study,site\nlea.low,Lea Low,clinical_reviewer,${STUDY},701` }],
  "assignments.previewImport": ["admin", { csv: `who,role,study,site\nsvc_reviewer704,clinical_reviewer,${STUDY},701` }],
  "assignments.import": ["admin", { csv: `who,role,study,site\nsvc_reviewer704,clinical_reviewer,${STUDY},701`, reason: "covers for a colleague" }],
  "studies.previewSites": ["admin", { csv: `study,site,name,country\n${OTHER_STUDY},903,Three,USA` }],
  "studies.importSites": ["admin", { csv: `study,site,name,country\n${OTHER_STUDY},903,Three,USA`, reason: "as the sponsor has it" }],
  "outbox.list": ["admin", {}],
  "outbox.get": ["admin", { itemId: ITEM }],
  "outbox.reconcile": ["admin", { itemId: ITEM }],
  "outbox.watch": ["egress", {}],
  "outbox.claim": ["egress", {}],
  "outbox.begin": ["egress", { itemId: ITEM, attempt: 1 }],
  "outbox.bytes": ["egress", { itemId: ITEM, attempt: 1 }],
  "outbox.settle": ["egress", { itemId: ITEM, attempt: 1, asked: false, kind: "sent" }],
  "outbox.report": ["egress", { routeId: `rte_${"0".repeat(26)}`, failure: null }],
  "alerts.list": ["auditor", {}],
  "spool.status": ["ingest", { receipt: `spl_${"0".repeat(26)}` }],
  "spool.list": ["admin", {}],
  "spool.replay": ["admin", {}],
  "approvals.requestSpoolDiscard": ["admin", { receipts: [`spl_${"0".repeat(26)}`], reason: "was sent again already" }],
  "alerts.test": ["auditor", {}],
  "recipients.list": ["admin", {}],
  "submissions.list": ["reviewer", {}],
  "approvals.requestRetention": ["admin", { study: OTHER_STUDY, until: "2031-01-01", reason: "as the sponsor has it" }],
  "approvals.requestShred": ["regulatory", { subjectId, reason: "asked for by the subject" }],
  "approvals.requestKeyActivate": ["custodian", { keyId: "audit-1", reason: "it is time to turn" }],
  "approvals.requestKeyDestroy": ["custodian", { keyId: "kek-1", reason: "is needed no more" }],
  "keys.rings": ["admin", {}],
  "keys.checklist": ["admin", { ring: "kek" }],
  "keys.recordStep": ["custodian", { turn: "kek-2", step: "copied", note: "a copy was made" }],
  "keys.reencrypt": ["custodian", { study: OTHER_STUDY, reason: "a data key may be in other hands" }],
  "keys.rehearse": ["admin", { ring: "kek" }],
  "keys.step": ["custodian", { ring: "kek", step: "add", at: 0, reason: "it is time to", proof: { kind: "password", password: "a password", totp: "000000" } }],
  "archives.list": ["auditor", {}],
  "archives.keep": ["auditor", { chain: `site:${STUDY}/701`, generation: 1, statement: "no note", manifest: "{}" }],
  "archives.remove": ["admin", { approvalId: `apr_${"0".repeat(26)}`, proof: { kind: "password", password: "a password", totp: "000000" } }],
  "approvals.requestArchive": ["admin", { chain: `site:${STUDY}/701`, generation: 1, digest: "0".repeat(64), reason: "kept long enough" }],
  "incidents.list": ["auditor", {}],
  "incidents.get": ["auditor", { incidentId: `inc_${"0".repeat(26)}` }],
  "incidents.recordStep": ["auditor", { incidentId: `inc_${"0".repeat(26)}`, step: "copied", note: "a copy was made" }],
  "incidents.release": ["admin", { approvalId: `apr_${"0".repeat(26)}`, proof: { kind: "password", password: "a password", totp: "000000" } }],
  "locks.list": ["admin", {}],
  "locks.set": ["admin", { target: { kind: "site", study: OTHER_STUDY, site: "901" }, reason: "an incident at the site" }],
  "locks.lift": ["admin", { lockId: `lck_${"0".repeat(26)}`, reason: "the incident is over" }],
  "assignments.options": ["admin", {}],
  "assignments.assign": ["admin", { principal: "svc_reviewer704", role: "clinical_reviewer", study: STUDY, site: "701", reason: "covers for a colleague" }],
  "assignments.end": ["admin", { principal: "svc_reviewer704", role: "clinical_reviewer", study: STUDY, site: "704", from: "2026-01-01T00:00:00.000Z", reason: "is back at home" }],
});

/** Everything that a crossing may change. */
async function standing(): Promise<unknown> {
  const [row] = await at.owner.run<{ all: unknown }>`SELECT json_build_array(
    (SELECT json_agg(json_build_array(id, state) ORDER BY id) FROM ingress.packets), (SELECT count(*) FROM phi.subjects), (SELECT count(*) FROM phi.records),
    (SELECT count(*) FROM audit.changes), (SELECT count(*) FROM boundary.idempotency), (SELECT count(*) FROM phi.withdrawals), (SELECT count(*) FROM phi.transfers),
    (SELECT count(*) FROM phi.signatures), (SELECT count(*) FROM phi.document_views), (SELECT count(*) FROM people.accountability),
    (SELECT count(*) FROM policy.locks), (SELECT count(*) FROM policy.emergencies), (SELECT count(*) FROM policy.access_reviews), (SELECT count(*) FROM audit.trail_reviews), (SELECT count(*) FROM audit.saved_searches), (SELECT count(*) FROM policy.proposals), (SELECT json_agg(json_build_array(site_key, closed_at_ms) ORDER BY site_key) FROM regulatory.sites),
    (SELECT json_agg(title ORDER BY id) FROM regulatory.studies),
    (SELECT json_agg(json_build_array(a.principal, a.role, a.site, a.until_ms) ORDER BY a.principal, a.role, a.site) FROM policy.assignments a),
    (SELECT json_agg(json_build_array(id, site) ORDER BY id) FROM phi.subjects)) AS all`;
  return row?.all;
}

interface Outage {
  begin(): unknown;
  end(): unknown;
}
const OUTAGES: Readonly<Record<string, () => Outage>> = {
  "may not be written": () => ({ begin: () => at.forbidAppends(), end: () => at.allowAppends() }),
  "is full": () => ({
    begin: async () => {
      await at.owner.run`CREATE FUNCTION public.full_disk() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION USING ERRCODE = ''53100''; END'`;
      await at.owner.run`CREATE TRIGGER full_disk BEFORE INSERT ON audit.records FOR EACH STATEMENT EXECUTE FUNCTION public.full_disk()`;
    },
    end: async () => {
      await at.owner.run`DROP TRIGGER full_disk ON audit.records`;
      await at.owner.run`DROP FUNCTION public.full_disk()`;
    },
  }),
  "is gone with its database": () => ({ begin: () => proxy.cut(), end: () => proxy.mend() }),
};

for (const [how, outageOf] of Object.entries(OUTAGES)) {
  // Gone with everything else there is nothing to go on with: that row's defence is shown by the other two.
  if (how === "is gone with its database") continue;
  faultTest(
    "A7",
    `while the trail ${how}, every procedure answers 503 and nothing happens, and afterwards it is on record`,
    async (defence) => {
      await using api = await at.serve(defence === "off" ? { ports: bestEffort } : {});
      await refusesAll(api, outageOf());
    },
    60_000,
  );
}

faultTest(
  "A7",
  "while the trail is gone with its database, every procedure answers 503, and afterwards it is on record",
  async (defence) => {
    // Off: an answer that is kept from before is given where a new one can't be.
    const kept = new Map<string, Reply>();
    await using api = await at.serve({ pool: { url: through(at.apiUrl, proxy) } });
    const call = api.call.bind(api);
    const asked: Api = {
      ...api,
      async call(who, procedure, input, key) {
        const reply = await call(who, procedure, input, key);
        if (reply.status === 200) kept.set(procedure, reply);
        return defence === "off" ? (kept.get(procedure) ?? reply) : reply;
      },
    };
    await refusesAll(asked, OUTAGES["is gone with its database"]?.() as Outage);
  },
  60_000,
);

async function refusesAll(api: Api, outage: Outage): Promise<void> {
  const packetId = await upload(api);
  const each = calls(packetId, await begin(api));
  expect(Object.keys(each).toSorted()).toEqual(procedures.map(({ path }) => path).toSorted());
  for (const [procedure, [who, input]] of Object.entries(each)) if (procedure.endsWith(".list") && !PEOPLES.test(procedure)) dataOf(await api.call(who, procedure, input));
  const before = await standing();
  const outagesBefore = (await at.records("system")).filter(({ action }) => action === "trail.outage").length;
  await outage.begin();
  try {
    // One goes first: on a slow machine the policy is too old for the others before they come to the trail, and what it refused nobody is what is put on record.
    expect((await api.call("auditor", "trail.chains", {})).status).toBe(503);
    const replies = await Promise.all(Object.entries(each).map(async ([procedure, [who, input]]) => [procedure, (await api.call(who, procedure, input)).status]));
    expect(replies).toEqual(Object.keys(each).map((procedure) => [procedure, 503]));
    expect((await api.client("auditor").send({ method: "GET", path: "/health" })).status).toBe(503);
    expect(await standing()).toEqual(before);
  } finally {
    await outage.end();
  }
  await until(async () => (await at.records("system")).filter(({ action }) => action === "trail.outage").length > outagesBefore, 10_000);
  expect((await at.records("system")).findLast(({ action }) => action === "trail.outage")?.["detail"]).toMatch(/^from=\S+ to=\S+ refused_at_least=\d+$/);
  await until(async () => codeOf(await api.call("reviewer", "studies.list", {})) === "ok", 10_000);
}

faultTest("R10", "while the policy can't be read, every procedure answers 503 and no handler runs", async (defence) => {
  await using api = await at.serve(defence === "off" ? { ports: policyKeptForGood } : {});
  const each = calls(await upload(api), await begin(api));
  dataOf(await api.call("reviewer", "studies.list", {}));
  const before = await standing();
  await at.owner.run`REVOKE SELECT ON policy.epoch FROM sallyport_api`;
  try {
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const replies = await Promise.all(Object.entries(each).map(async ([procedure, [who, input]]) => [procedure, codeOf(await api.call(who, procedure, input))]));
    expect(replies).toEqual(Object.keys(each).map((procedure) => [procedure, "policy.unavailable"]));
    expect(await standing()).toEqual(before);
  } finally {
    await at.owner.run`GRANT SELECT ON policy.epoch TO sallyport_api`;
  }
});

faultTest("R11", "a procedure that was made outside the boundary is found by the walk over the router", (defence) => {
  const trpc = initTRPC.create();
  const walked = walkRouter(trpc.router({ open: trpc.procedure.query(() => "anything") }) as unknown as Parameters<typeof walkRouter>[0]);
  // Off: a walk that looks at what is declared only.
  const found = defence === "on" ? walked : walked.filter(({ declared }) => declared !== null);
  return Promise.resolve(expect(found.flatMap(({ faults }) => faults)).toContain("made outside the boundary"));
});

const HANDSHAKES = LONG ? 10_000 : 500;
const REQUESTS = LONG ? 1_000_000 : 5000;

faultTest(
  "A14",
  "any number of callers that prove nothing are one record for each code and minute, with their number",
  async (defence) => {
    // Off: each is a record of its own.
    const oneByOne: Ports = (real) => ({
      ...real,
      knocks: {
        count: (listener, code) =>
          void real.trail
            .append({
              chain: "system",
              principal: "-",
              role: "-",
              workload: "-",
              action: "boundary.knock",
              resource: `listener/${listener}`,
              site: "-",
              decision: "deny",
              reason: code,
              request_id: "-",
              policy: "-",
              detail: "n=1",
            })
            .catch(() => undefined),
      },
    });
    // Connections are held through all of it: this is about what requests become, not about how old a connection may grow.
    await using api = await at.serve({ limits: { connectionAgeMs: 3_600_000 }, ...(defence === "off" && { ports: oneByOne }) });
    const [handshakes, requests] = defence === "on" ? [HANDSHAKES, REQUESTS] : [20, 200];
    const before = await knocks();
    const fromMs = Date.now();
    for (let first = 0; first < handshakes; first += 50) await Promise.all(Array.from({ length: Math.min(50, handshakes - first) }, () => knockWithoutCertificate(api.port)));
    const sender = async (count: number): Promise<void> => {
      for (let n = 0; n < count; n += 1) await api.client("ingest").send({ path: "/trpc/packets.list", body: "{}" });
    };
    await Promise.all(Array.from({ length: 50 }, () => sender(requests / 50)));
    await api.close();
    const minutes = Math.ceil((Date.now() - fromMs) / 60_000) + 1;
    const grown = (await knocks()).slice(before.length);
    for (const [code, count] of [
      ["workload.invalid", handshakes],
      ["token.missing", requests],
    ] as const) {
      const records = grown.filter(({ reason }) => reason === code);
      expect(records.length).toBeLessThanOrEqual(minutes);
      expect(records.reduce((sum, { detail }) => sum + Number(/^n=(\d+)/.exec(detail ?? "")?.[1] ?? 0), 0)).toBe(count);
    }
  },
  LONG ? 1_800_000 : 90_000,
);

const knocks = async () => (await at.records("system")).filter(({ action }) => action === "boundary.knock");

function knockWithoutCertificate(port: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = connectTls({ host: "127.0.0.1", port, ca: at.apiIdentity.caPem, checkServerIdentity: () => undefined, minVersion: "TLSv1.3" });
    socket
      .resume()
      .on("error", () => undefined)
      .on("close", () => resolve());
  });
}
