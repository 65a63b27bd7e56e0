import { afterAll, beforeAll, expect, test } from "vitest";
import { demographics, STUDY } from "./dataset.ts";
import type { Reply } from "./door-client.ts";
import { type Api, codeOf, dataOf, type Deployment, deployment, until, type Who } from "./stack.ts";

const REASON = "as the protocol has it";
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

const act = (procedure: string, input: object, who: Who = "admin"): Promise<Reply> => api.call(who, `studies.${procedure}`, { ...input, reason: REASON });
const site = (id: string): object => ({ site: id, name: `Site ${id}`, country: "SWE" });
const upload = (study: string, at_: string, subject: string): Promise<Reply> =>
  api.call("ingest", "packets.upload", { study, content: demographics([{ site: at_, subject }]).replaceAll(STUDY, study) });
interface Listed {
  readonly study: string;
  readonly title: string;
  readonly sites: readonly { readonly site: string; readonly country: string; readonly closedAt: string | null }[];
}
const listed = async (study: string): Promise<Listed | undefined> =>
  (dataOf(await api.call("auditor", "studies.list", {})) as { studies: readonly Listed[] }).studies.find((each) => each.study === study);

test("a study is registered with its sites, each of which has its own chain from the first record on", async () => {
  const study = { study: "NEW-1", title: "A new study", profile: "cdisc-sdtm" };
  expect(dataOf(await act("register", { ...study, sites: [site("801"), site("802")] }))).toEqual({ sites: 2 });
  expect(await listed("NEW-1")).toMatchObject({ title: "A new study", sites: [{ site: "801", country: "SWE", closedAt: null }, { site: "802" }] });
  for (const chain of ["site:NEW-1/801", "site:NEW-1/802"]) {
    const [first] = await at.records(chain);
    expect(first).toMatchObject({ seq: 1, action: "chain.open", principal: "svc_admin", resource: chain, detail: "generation=1" });
    expect(dataOf(await api.call("auditor", "trail.verify", { chains: [chain] }))).toMatchObject({ chains: [{ chain, size: 1, broken: null }] });
  }
  const record = (await at.records("system")).findLast(({ action }) => action === "study.register");
  expect(record).toMatchObject({ resource: "study/NEW-1", decision: "allow" });
  expect(record?.["detail"]).toContain("sites=2;profile=cdisc-sdtm");
  // The same again, and the same name for another, are no registration.
  for (const title of ["A new study", "Another study"]) expect(codeOf(await act("register", { ...study, title, sites: [site("801"), site("802")] }))).toBe("registration.conflict");
  expect(codeOf(await act("register", { ...study, study: "NEW-2", sites: [site("801"), site("801")] }))).toBe("input.invalid");
  expect(codeOf(await act("register", { ...study, study: "NEW-2", profile: "nobodys", sites: [site("801")] }))).toBe("input.invalid");
  expect(await listed("NEW-2")).toBeUndefined();
});

test("sites are added together or not at all, and a role can be held there at once", async () => {
  expect(codeOf(await act("addSites", { study: "NEW-1", sites: [site("803"), site("801")] }))).toBe("registration.conflict");
  expect((await listed("NEW-1"))?.sites.map((each) => each.site)).toEqual(["801", "802"]);
  expect(await at.records("site:NEW-1/803")).toEqual([]);
  expect(dataOf(await act("addSites", { study: "NEW-1", sites: [site("803"), site("804")] }))).toEqual({ sites: 2 });
  expect((await listed("NEW-1"))?.sites.map((each) => each.site)).toEqual(["801", "802", "803", "804"]);
  dataOf(await api.call("admin", "assignments.assign", { principal: "svc_ingest", role: "ingestion_service", study: "NEW-1", site: "803", reason: REASON }));
  await until(async () => codeOf(await api.call("ingest", "packets.begin", { study: "NEW-1", files: [{ name: "dm.json", bytes: 9 }] })) === "ok", 1000);
  expect(codeOf(await act("addSites", { study: "NOSUCH", sites: [site("803")] }))).toBe("policy.denied");
});

test("a title is changed, and the study stays what it is", async () => {
  expect(dataOf(await act("changeTitle", { study: "NEW-1", title: "A better title" }))).toEqual({ done: true });
  expect(await listed("NEW-1")).toMatchObject({ title: "A better title" });
  expect(codeOf(await act("changeTitle", { study: "NOSUCH", title: "A better title" }))).toBe("policy.denied");
});

test("at a closed site nothing is uploaded, released or transferred to, and what is there stays readable", async () => {
  const waiting = (dataOf(await upload(STUDY, "704", "7704")) as { packetId: string }).packetId;
  const inspected = async (): Promise<string> => codeOf(await api.call("reviewer704", "subjects.list", {}));
  expect(codeOf(await act("closeSite", { study: STUDY, site: "704" }))).toBe("ok");
  expect((await listed(STUDY))?.sites.find((each) => each.site === "704")?.closedAt).not.toBeNull();
  let next = 7800;
  await until(async () => codeOf(await upload(STUDY, "704", String((next += 1)))) === "policy.denied", 1000);
  expect((await at.records("system")).findLast(({ action }) => action === "packet.upload")).toMatchObject({ reason: "policy.denied:closed" });
  expect(codeOf(await api.call("steward", "packets.release", { packetId: waiting, reason: REASON }))).toBe("policy.denied");
  const { items } = dataOf(await api.call("reviewer701", "subjects.list", {})) as { items: readonly { subjectId: string }[] };
  expect(codeOf(await api.call("regulatory", "subjects.transfer", { subjectId: items[0]?.subjectId, to: "704", reason: REASON }))).toBe("policy.denied");
  expect(await inspected()).toBe("ok");
  expect(codeOf(await upload(STUDY, "701", "7701"))).toBe("ok");
  // Who leaves a closed site goes somewhere.
  const [there] = (dataOf(await api.call("reviewer704", "subjects.list", {})) as { items: readonly { subjectId: string }[] }).items;
  expect(codeOf(await api.call("regulatory", "subjects.transfer", { subjectId: there?.subjectId, to: "701", reason: REASON }))).toBe("ok");

  expect(codeOf(await act("closeSite", { study: STUDY, site: "704" }))).toBe("site.state");
  expect(codeOf(await act("reopenSite", { study: STUDY, site: "704" }))).toBe("ok");
  expect(codeOf(await act("reopenSite", { study: STUDY, site: "704" }))).toBe("site.state");
  await until(async () => codeOf(await api.call("steward", "packets.release", { packetId: waiting, reason: REASON })) === "ok", 1000);
  const records = (await at.records("system")).filter(({ detail }) => /;at=[^;]+\/704;before=/.test(detail ?? ""));
  expect(records.map(({ detail }) => /before=.*/.exec(detail ?? "")?.[0])).toEqual(["before=open;after=closed", "before=closed;after=open"]);
});

test("the registry is changed by who may, over the whole deployment, and by nobody at one site", async () => {
  for (const [procedure, input] of [
    ["closeSite", { study: STUDY, site: "701" }],
    ["changeTitle", { study: STUDY, title: "Mine now" }],
    ["addSites", { study: STUDY, sites: [site("901")] }],
  ] as const)
    for (const who of ["admin701", "steward"] as const) expect([procedure, who, codeOf(await act(procedure, input, who))]).toEqual([procedure, who, "policy.denied"]);
});
