import { afterAll, beforeAll, expect, test } from "vitest";
import { demographics, PEOPLE, STUDY } from "./dataset.ts";
import type { Reply } from "./door-client.ts";
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

const REASON = "as the site's letter says";
interface Version {
  readonly version: number;
  readonly packet: string;
  readonly releasedBy: string;
  readonly requestId: string;
  readonly changed: readonly string[] | null;
  readonly fields: readonly { readonly field: string; readonly state: string; readonly value?: unknown }[];
}
interface Whole {
  readonly label: string;
  readonly site: string;
  readonly withdrawnAt: string | null;
}

/** The subject of this SUBJID, found by opening each: no list tells. */
async function subjectOf(subject: string, who: Who = "reviewer"): Promise<string> {
  const { items } = dataOf(await api.call(who, "subjects.list", {})) as { items: { subjectId: string }[] };
  for (const { subjectId } of items) {
    if ((await valueOf(subjectId, "DM.SUBJID", {}, who)) === subject) return subjectId;
  }
  throw new Error(`no subject ${subject}`);
}
const reveal = (subjectId: string, field: string, more: object = {}, who: Who = "reviewer"): Promise<Reply> =>
  api.call(who, "subjects.reveal", { subjectId, field, purpose: "audit", reason: REASON, ...more });
const valueOf = async (...asked: Parameters<typeof reveal>): Promise<unknown> => (dataOf(await reveal(...asked)) as { value: unknown }).value;
const history = async (subjectId: string, who: Who = "reviewer"): Promise<readonly Version[]> =>
  (dataOf(await api.call(who, "subjects.history", { subjectId })) as { versions: Version[] }).versions;
const get = async (subjectId: string, who: Who = "reviewer"): Promise<Whole> => dataOf(await api.call(who, "subjects.get", { subjectId })) as Whole;
const upload = async (content: string): Promise<string> => (dataOf(await api.call("ingest", "packets.upload", { study: STUDY, content })) as { packetId: string }).packetId;
const releaseOf = async (content: string, more: object = {}): Promise<Reply> =>
  api.call("steward", "packets.release", { packetId: await upload(content), reason: REASON, ...more });
const withdraw = (subjectId: string, from = "2024-06-01", who: Who = "regulatory"): Promise<Reply> => api.call(who, "subjects.withdraw", { subjectId, from, reason: REASON });
const transfer = (subjectId: string, to: string, who: Who = "regulatory", key?: string): Promise<Reply> =>
  api.call(who, "subjects.transfer", { subjectId, to, reason: REASON }, key);
const aged = (age: number): string => demographics(PEOPLE.map((person) => (person.subject === "1015" ? { ...person, age } : person)));

test("a record's history says when, by whom and which variables, and shows no value that the reader may not see", async () => {
  const subjectId = await subjectOf("1015");
  const released = await releaseOf(aged(64));
  expect(dataOf(released)).toMatchObject({ subjects: { updated: 1 } });
  const [second, first] = await history(subjectId);
  expect([second?.version, first?.version]).toEqual([2, 1]);
  expect([second?.changed, first?.changed]).toEqual([["DM.AGE"], null]);
  expect([second?.releasedBy, first?.releasedBy]).toEqual(["svc_steward", "svc_steward"]);
  expect(second?.fields.find(({ field }) => field === "DM.AGE")).toMatchObject({ state: "masked" });
  expect(second?.fields.some(({ field }) => field === "DM.ARM")).toBe(false);
  const releases = (await at.records(`site:${STUDY}/701`)).filter(({ action }) => action === "packet.release");
  expect(releases.map(({ request_id }) => request_id)).toEqual([first?.requestId, second?.requestId]);
  expect(releases.map(({ resource }) => resource)).toEqual([first?.packet, second?.packet]);
});

test("an old version is revealed as the current one is, and the trail names it", async () => {
  const subjectId = await subjectOf("1015");
  expect([await valueOf(subjectId, "DM.AGE"), await valueOf(subjectId, "DM.AGE", { version: 1 }), await valueOf(subjectId, "DM.AGE", { version: 2 })]).toEqual([64, 63, 64]);
  const records = (await at.records(`site:${STUDY}/701`)).filter(({ action }) => action === "phi.read").slice(-3);
  expect(records.map(({ detail }) => /;version=\d+/.exec(detail ?? "")?.[0] ?? "-")).toEqual(["-", ";version=1", ";version=2"]);
  for (const more of [{ version: 3 }, { version: 1, record: "0".repeat(26) }]) expect(codeOf(await reveal(subjectId, "DM.AGE", more))).toBe("policy.denied");
  expect(codeOf(await reveal(subjectId, "DM.ARM", { version: 1 }))).toBe("policy.denied");
});

test("a record that isn't there has no versions", async () => {
  const subjectId = await subjectOf("1015");
  expect(dataOf(await api.call("reviewer", "subjects.history", { subjectId, domain: "AE", record: "0".repeat(26) }))).toMatchObject({ versions: [], total: 0 });
});

test("a withdrawal of consent marks the subject everywhere, and its day is masked as the other dates of theirs are", async () => {
  const subjectId = await subjectOf("1023");
  const done = dataOf(await withdraw(subjectId)) as { withdrawnAt: string; evidence: { chain: string }[] };
  expect(done.evidence.map(({ chain }) => chain)).toEqual([`site:${STUDY}/701`]);
  expect((await get(subjectId)).withdrawnAt).toBe(done.withdrawnAt);
  const listed = dataOf(await api.call("reviewer", "subjects.list", {})) as { items: { subjectId: string; withdrawnAt: string | null }[] };
  expect(listed.items.filter(({ withdrawnAt }) => withdrawnAt !== null).map((item) => item.subjectId)).toEqual([subjectId]);
  expect(await valueOf(subjectId, "CONSENT.FROM")).toBe("2024-06-01");
  const record = (await at.records(`site:${STUDY}/701`)).findLast(({ action }) => action === "subject.withdraw");
  expect(record?.["detail"]).toMatch(/;consent=withdrawn;commitment=[0-9a-f]{64}$/);
  for (const chain of [`site:${STUDY}/701`, "system"]) expect(JSON.stringify(await at.records(chain))).not.toContain("2024-06-01");
  const [kept] = await at.owner.run<{ all: string }>`SELECT string_agg(outcome::text, '') AS all FROM boundary.idempotency`;
  expect(kept?.all).not.toContain("2024-06-01");
});

test("what is stored of a withdrawn subject stays, and a release that changes it is refused by its row until its time is stated", async () => {
  const subjectId = await subjectOf("1023");
  const before = await history(subjectId);
  const changed = demographics(
    PEOPLE.map((person) => (person.subject === "1023" ? { ...person, age: 65 } : { ...person, age: person.subject === "1015" ? 64 : (person.age ?? 40) })),
  );
  expect(dataOf(await releaseOf(aged(64)))).toMatchObject({ equal: true });
  const packetId = await upload(changed);
  const refused = await api.call("steward", "packets.release", { packetId, reason: REASON });
  expect([refused.status, codeOf(refused)]).toEqual([409, "packet.withdrawn"]);
  expect(JSON.parse(refused.text)).toMatchObject({ where: ["row 2: the subject has withdrawn consent"] });
  expect(await history(subjectId)).toEqual(before);
  const stated = await api.call("steward", "packets.release", { packetId, reason: REASON, collectedBeforeWithdrawal: true });
  expect(dataOf(stated)).toMatchObject({ subjects: { updated: 1 } });
  expect(await valueOf(subjectId, "DM.AGE")).toBe(65);
  const record = (await at.records("system")).findLast(({ action }) => action === "packet.release");
  expect(record?.["detail"]).toMatch(/;withdrawn=1;collected=before;/);
});

test("a withdrawal that was an error is taken back by an act of its own, and both stay", async () => {
  const subjectId = await subjectOf("1023");
  expect(codeOf(await withdraw(subjectId))).toBe("subject.state");
  const undo = (who: Who = "regulatory"): Promise<Reply> => api.call(who, "subjects.correctWithdrawal", { subjectId, reason: REASON });
  expect(dataOf(await undo())).toMatchObject({ withdrawnAt: null });
  expect((await get(subjectId)).withdrawnAt).toBeNull();
  expect(codeOf(await undo())).toBe("subject.state");
  expect(codeOf(await reveal(subjectId, "CONSENT.FROM"))).toBe("policy.denied");
  dataOf(await withdraw(subjectId, "2024-07-01"));
  expect(await valueOf(subjectId, "CONSENT.FROM")).toBe("2024-07-01");
  const acts = await at.owner.run<{ act: string }>`SELECT act FROM phi.withdrawals WHERE subject = ${subjectId} ORDER BY n`;
  expect(acts.map(({ act }) => act)).toEqual(["withdrawn", "recorded_in_error", "withdrawn"]);
});

test("a day that hasn't come is none of a withdrawal", async () => {
  const subjectId = await subjectOf("1028");
  expect(codeOf(await withdraw(subjectId, "2999-01-01"))).toBe("input.invalid");
  expect(codeOf(await withdraw(subjectId, "2024-02-30"))).toBe("input.invalid");
});

test("nobody who uploads, releases or reviews withdraws or moves", async () => {
  const subjectId = await subjectOf("1028");
  for (const who of ["ingest", "steward", "reviewer", "auditor", "admin"] as const) {
    expect([who, codeOf(await withdraw(subjectId, "2024-06-01", who)), codeOf(await transfer(subjectId, "704", who))]).toEqual([who, "policy.denied", "policy.denied"]);
  }
});

test("a subject moves with all its versions and its consent; the old site has a foreign subject then, and the new one its own", async () => {
  const [moving, still] = [await subjectOf("1023"), await subjectOf("1028")];
  const [label, versions] = [(await get(moving)).label, await history(moving)];
  await valueOf(moving, "DM.AGE", {}, "reviewer701");
  const done = dataOf(await transfer(moving, "704")) as { moved: object; evidence: { chain: string }[] };
  expect(done).toMatchObject({ site: "704", moved: { records: 1, versions: 2, fields: 26 } });
  expect(done.evidence.map(({ chain }) => chain).toSorted()).toEqual([`site:${STUDY}/701`, `site:${STUDY}/704`, "system"]);
  for (const site of ["701", "704"]) {
    const record = (await at.records(`site:${STUDY}/${site}`)).findLast(({ action }) => action === "subject.transfer");
    expect(record?.["detail"]).toMatch(/;from=701;to=704;records=1;versions=2;fields=26;commitment=[0-9a-f]{64}$/);
    expect(record?.["resource"]).toMatch(/^ref:/);
  }
  for (const procedure of ["subjects.get", "subjects.history"]) {
    const [foreign, absent] = [await api.call("reviewer701", procedure, { subjectId: moving }), await api.call("reviewer701", procedure, { subjectId: `sub_${"0".repeat(26)}` })];
    expect([foreign.status, foreign.text.replace(/req_\w+/, "")]).toEqual([absent.status, absent.text.replace(/req_\w+/, "")]);
  }
  expect(await get(moving, "reviewer704")).toMatchObject({ label, site: "704" });
  expect(await history(moving, "reviewer704")).toEqual(versions);
  expect([
    await valueOf(moving, "DM.AGE", {}, "reviewer704"),
    await valueOf(moving, "DM.AGE", { version: 1 }, "reviewer704"),
    await valueOf(moving, "CONSENT.FROM", {}, "reviewer704"),
  ]).toEqual([65, 64, "2024-07-01"]);
  expect((await get(still, "reviewer701")).site).toBe("701");
  expect(dataOf(await api.call("reviewer", "subjects.list", {}))).toMatchObject({
    bySite: [
      { site: "701", count: 2 },
      { site: "704", count: 3 },
    ],
  });
});

test("who opened values at the site where a subject was is told to those who may know of both, and the others learn that something is missing", async () => {
  const moved = await subjectOf("1023", "reviewer704");
  interface Exposed {
    readonly isPartial: boolean;
    readonly didAndCannot: readonly { readonly principal: string }[];
    readonly reveals: readonly object[];
  }
  const exposure = async (who: Who): Promise<Exposed> => dataOf(await api.call(who, "subjects.exposure", { subjectId: moved })) as Exposed;
  const ref = (await at.records(`site:${STUDY}/704`)).findLast(({ action }) => action === "subject.transfer")?.["resource"];
  const recorded = (await Promise.all(["701", "704"].map((site) => at.records(`site:${STUDY}/${site}`)))).flat();
  const opened = recorded.filter(({ action, resource }) => action === "phi.read" && resource === ref).length;
  await until(async () => (await exposure("auditor")).reveals.length === opened, 10_000);
  const whole = await exposure("auditor");
  expect(whole.isPartial).toBe(false);
  expect(whole.didAndCannot.map(({ principal }) => principal)).toContain("svc_reviewer701");
  expect(codeOf(await api.call("regulatory701", "subjects.exposure", { subjectId: moved }))).toBe("policy.denied");
  dataOf(await transfer(moved, "701"));
  const here = await exposure("regulatory701");
  expect([here.isPartial, here.reveals.length < whole.reveals.length]).toEqual([true, true]);
  dataOf(await transfer(moved, "704"));
});

test("a packet of the old site that names a moved subject is in conflict", async () => {
  const refused = await releaseOf(aged(64));
  expect([refused.status, codeOf(refused)]).toEqual([409, "packet.conflict"]);
});

test("a correction at the new site goes on with the next version, and the subject can come back", async () => {
  const subjectId = await subjectOf("1023", "reviewer704");
  dataOf(await releaseOf(demographics([{ site: "704", enrolledAt: "701", subject: "1023", age: 66 }]), { collectedBeforeWithdrawal: true }));
  expect((await history(subjectId, "reviewer704")).map(({ version }) => version)).toEqual([3, 2, 1]);
  dataOf(await transfer(subjectId, "701"));
  expect([await valueOf(subjectId, "DM.AGE", {}, "reviewer701"), await valueOf(subjectId, "DM.AGE", { version: 1 }, "reviewer701")]).toEqual([66, 64]);
  const sealed = await at.owner.run<{ form: string }>`SELECT DISTINCT regexp_replace(split_part(line, E'\t', 3), '\.[^.]*$', '') AS form
      FROM phi.sealed_records, string_to_table(fields, E'\n') AS line WHERE subject = ${subjectId}`;
  expect(sealed.map(({ form }) => form)).toEqual([`sp1.${subjectId}-5`]);
});

test("a transfer whose key was used before answers what it answered, and moves nothing again", async () => {
  const subjectId = await subjectOf("1028");
  const key = "transfer-of-1028-once";
  const first = dataOf(await transfer(subjectId, "704", "regulatory", key));
  expect(dataOf(await transfer(subjectId, "704", "regulatory", key))).toMatchObject({ moved: (first as { moved: object }).moved, site: "704" });
  expect(codeOf(await transfer(subjectId, "701", "regulatory", key))).toBe("input.idempotency_reused");
  expect(codeOf(await transfer(subjectId, "704"))).toBe("subject.state");
  expect(await at.owner.run`SELECT n FROM phi.transfers WHERE subject = ${subjectId}`).toHaveLength(1);
});

test("of two transfers at once one moves the subject, and a request that is sent twice at once is one", async () => {
  const subjectId = await subjectOf("1028");
  const transfers = async (): Promise<number> => (await at.owner.run`SELECT n FROM phi.transfers WHERE subject = ${subjectId}`).length;
  const before = await transfers();
  const twice = await Promise.all([1, 2].map(() => transfer(subjectId, "701")));
  expect(twice.map(codeOf).toSorted()[0]).toBe("ok");
  expect(["service.busy", "subject.state"]).toContain(twice.map(codeOf).toSorted()[1]);
  expect(await transfers()).toBe(before + 1);
  const same = await Promise.all([1, 2].map(() => transfer(subjectId, "704", "regulatory", "the-same-transfer-twice")));
  expect(same.map(codeOf)).toEqual(["ok", "ok"]);
  expect(await transfers()).toBe(before + 2);
});

test("a release and a transfer of one subject at once leave it wholly at one site, with every version to be opened", async () => {
  const subjectId = await subjectOf("1015");
  for (const [from, to, age] of [
    ["701", "704", 65],
    ["704", "701", 66],
  ] as const) {
    const packetId = await upload(demographics([{ site: from, enrolledAt: "701", subject: "1015", age }]));
    const [released, moved] = await Promise.all([api.call("steward", "packets.release", { packetId, reason: REASON }), transfer(subjectId, to)]);
    expect(["ok", "service.busy", "packet.conflict"]).toContain(codeOf(released));
    expect(["ok", "service.busy"]).toContain(codeOf(moved));
    if (codeOf(moved) !== "ok") dataOf(await transfer(subjectId, to));
    const places = await at.owner.run<{ site_key: string }>`
      SELECT DISTINCT site_key FROM phi.records WHERE subject = ${subjectId} UNION SELECT DISTINCT site_key FROM phi.sealed_records WHERE subject = ${subjectId}`;
    expect(places.map(({ site_key }) => site_key)).toEqual([`${STUDY}/${to}`]);
    for (const { version } of await history(subjectId)) expect(typeof (await valueOf(subjectId, "DM.AGE", { version }))).toBe("number");
  }
});

test("a ciphertext of the place that was left opens nothing when it is put back, by whoever owns the database", async () => {
  const subjectId = await subjectOf("1023", "reviewer701");
  const [now] = await at.owner.run<{ fields: string }>`SELECT fields FROM phi.sealed_records WHERE subject = ${subjectId} AND domain = 'DM' AND version = 1`;
  expect(await valueOf(subjectId, "DM.AGE", { version: 1 })).toBe(64);
  await at.owner.run`UPDATE phi.sealed_records f SET fields = p.fields FROM phi.past_sealed_records p
    WHERE p.subject = f.subject AND p.domain = f.domain AND p.record = f.record AND p.version = f.version AND p.transfer = 1
      AND f.subject = ${subjectId} AND f.domain = 'DM' AND f.version = 1`;
  expect(codeOf(await reveal(subjectId, "DM.AGE", { version: 1 }))).toBe("phi.integrity");
  await at.owner.run`UPDATE phi.sealed_records SET fields = ${now?.fields ?? ""} WHERE subject = ${subjectId} AND domain = 'DM' AND version = 1`;
  expect(await valueOf(subjectId, "DM.AGE", { version: 1 })).toBe(64);
});

/** Adverse events of one invented subject as Dataset-JSON 1.0 text. */
function adverseEvents(usubjid: string, terms: readonly string[]): string {
  const columns = [
    ["STUDYID", "string"],
    ["DOMAIN", "string"],
    ["USUBJID", "string"],
    ["AESEQ", "integer"],
    ["AETERM", "string"],
  ] as const;
  const items = [
    { OID: "ITEMGROUPDATASEQ", name: "ITEMGROUPDATASEQ", label: "Record identifier", type: "integer" },
    ...columns.map(([name, type]) => ({ OID: `IT.AE.${name}`, name, label: name, type, length: 40 })),
  ];
  const itemData = terms.map((term, at) => [at + 1, STUDY, "AE", usubjid, at + 1, term]);
  return JSON.stringify({
    creationDateTime: "2024-06-03T09:00:00",
    datasetJSONVersion: "1.0.0",
    fileOID: `${STUDY}.AE`,
    clinicalData: { studyOID: STUDY, metaDataVersionOID: `MDV.${STUDY}`, itemGroupData: { AE: { records: terms.length, name: "AE", label: "Adverse Events", items, itemData } } },
  });
}

test("each record of a domain has a history of its own, goes along with its subject, and waits for its time to be stated once consent is withdrawn", async () => {
  const subjectId = await subjectOf("1015");
  dataOf(await releaseOf(adverseEvents("PILOT-701-1015", ["Nausea", "Fall"])));
  dataOf(await releaseOf(adverseEvents("PILOT-701-1015", ["Nausea", "Fall from stairs"])));
  const { fields } = dataOf(await api.call("reviewer", "subjects.get", { subjectId, domain: "AE" })) as { fields: { field: string; record: string }[] };
  const [, second] = fields.filter(({ field }) => field === "AE.AETERM").map(({ record }) => record);
  const versionsOf = async (): Promise<readonly Version[]> =>
    (dataOf(await api.call("reviewer", "subjects.history", { subjectId, domain: "AE", record: second })) as { versions: Version[] }).versions;
  expect((await versionsOf()).map(({ version, changed }) => [version, changed])).toEqual([
    [2, ["AE.AETERM"]],
    [1, null],
  ]);
  dataOf(await transfer(subjectId, "704"));
  const terms = async (): Promise<unknown> => [await valueOf(subjectId, "AE.AETERM", { record: second }), await valueOf(subjectId, "AE.AETERM", { record: second, version: 1 })];
  expect(await terms()).toEqual(["Fall from stairs", "Fall"]);
  dataOf(await withdraw(subjectId));
  const late = adverseEvents("PILOT-701-1015", ["Nausea", "Fall from stairs", "Rash"]);
  const refused = await releaseOf(late);
  expect([codeOf(refused), (JSON.parse(refused.text) as { where: unknown }).where]).toEqual(["packet.withdrawn", ["row 3: the subject has withdrawn consent"]]);
  expect(dataOf(await releaseOf(late, { collectedBeforeWithdrawal: true }))).toMatchObject({ records: { created: 1, updated: 0, unchanged: 2 } });
  expect(await terms()).toEqual(["Fall from stairs", "Fall"]);
});
