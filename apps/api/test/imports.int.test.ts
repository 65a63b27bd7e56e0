import { afterAll, beforeAll, expect, test } from "vitest";
import { STUDY } from "./dataset.ts";
import { Persons, type SignedIn } from "./persons.ts";
import { type Api, codeOf, dataOf, type Deployment, deployment, OTHER_STUDY, until } from "./stack.ts";

const REASON = "as the staffing plan has it";
interface Preview {
  readonly lines: number;
  readonly faults: readonly { readonly line: number; readonly column: string | null; readonly problem: string }[];
  readonly effects: readonly { readonly line: number; readonly what: string; readonly after: string }[];
}
let at: Deployment;
let api: Api;
let persons: Persons;
let ada: SignedIn;
let eve: SignedIn;
beforeAll(async () => {
  at = await deployment();
  api = await at.serve();
  await at.seed(api);
  persons = await Persons.of(at);
  [ada, eve] = [await persons.add("ada", "security_admin"), await persons.add("eve", "authorized_signer")];
  await persons.known(api);
});
afterAll(async () => {
  persons?.close();
  await api?.close();
  await at?.close();
});

const preview = async (procedure: string, csv: string): Promise<Preview> => dataOf(await ada.call(api, procedure, { csv })) as Preview;
const faultsOf = ({ faults }: Preview): readonly string[] => faults.map(({ line, column, problem }) => `${line} ${column ?? "-"} ${problem}`);
const assignmentsOf = async (principal: string): Promise<number> =>
  (await at.owner.run<{ count: number }>`SELECT count(*)::integer AS count FROM policy.assignments WHERE principal = ${principal}`)[0]?.count ?? 0;
const HEADER = "who,role,study,site,until";

test("assignments come from a file as it was shown, in one act that is on record, and are in force within a second", async () => {
  const csv = [
    HEADER,
    `eve,clinical_reviewer,${STUDY},701,`,
    `${eve.principal},auditor,${STUDY},*,2090-01-01T00:00:00.000Z`,
    `svc_reviewer701,clinical_reviewer,${STUDY},704,`,
  ].join("\r\n");
  const shown = await preview("assignments.previewImport", csv);
  expect([shown.lines, shown.faults]).toEqual([3, []]);
  expect(shown.effects.map(({ line, after }) => [line, after])).toEqual([
    [2, "held by eve Person (eve)"],
    [3, "held by eve Person (eve)"],
    [4, "held by svc_reviewer701"],
  ]);
  expect(shown.effects[1]?.what).toMatch(/^auditor at every site of PILOT, from \S+ until 2090-01-01T00:00:00\.000Z$/);
  expect(await assignmentsOf(eve.principal)).toBe(1);
  expect(dataOf(await ada.call(api, "assignments.import", { csv, reason: REASON }))).toMatchObject({ lines: 3, evidence: [{ chain: "system" }] });
  expect(await assignmentsOf(eve.principal)).toBe(3);
  await until(async () => codeOf(await eve.call(api, "subjects.list", {})) === "ok", 1000);
  const record = (await at.records("system")).findLast(({ action, decision }) => action === "assignment.change" && decision === "allow");
  expect(record?.["detail"]).toMatch(/file=[0-9a-f]{64};lines=3$/);
  // What is held by now is held.
  expect(faultsOf(await preview("assignments.previewImport", csv))).toEqual(["2 - held", "3 - held", "4 - held"]);
  expect(codeOf(await ada.call(api, "assignments.import", { csv, reason: REASON }))).toBe("import.invalid");
});

test("every line is checked before anything is done, and one that fails keeps the others out", async () => {
  const lines = [
    "who,role,study,site,from,until",
    `svc_reviewer704,site_coordinator,${STUDY},704,,`,
    `nobody,clinical_reviewer,${STUDY},701,,`,
    `ada,clinical_reviewer,${STUDY},701,,`,
    `eve,tea_maker,${STUDY},701,,`,
    "eve,security_admin,*,*,,",
    `eve,clinical_reviewer,${STUDY},799,,`,
    "eve,clinical_reviewer,NOSUCH,*,,",
    `eve,site_coordinator,${STUDY},701,2020-01-01T00:00:00.000Z,`,
    `=cmd,site_coordinator,${STUDY},701,,`,
    `svc_reviewer704,site_coordinator,${STUDY},704,,2090-01-01T00:00:00.000Z`,
  ];
  const shown = await preview("assignments.previewImport", lines.join("\n"));
  expect(faultsOf(shown).toSorted()).toEqual(
    ["10 who formula", "11 - held", "3 who unknown", "4 who oneself", "5 role unknown", "6 role needs_approval", "7 site unknown", "8 site unknown", "9 from form"].toSorted(),
  );
  expect(shown.effects).toEqual([]);
  expect(JSON.stringify(shown)).not.toMatch(/cmd|tea_maker|nobody/);
  const before = await assignmentsOf("svc_reviewer704");
  expect(codeOf(await ada.call(api, "assignments.import", { csv: lines.join("\n"), reason: REASON }))).toBe("import.invalid");
  expect(await assignmentsOf("svc_reviewer704")).toBe(before);
});

test("two imports of the same file at once give each role once", async () => {
  const csv = [HEADER, ...["701", "704"].map((site) => `svc_steward,site_coordinator,${STUDY},${site},`)].join("\n");
  const codes = await Promise.all([1, 2].map(async () => codeOf(await ada.call(api, "assignments.import", { csv, reason: REASON }))));
  expect(codes.toSorted()).toEqual(["import.invalid", "ok"]);
  expect(await assignmentsOf("svc_steward")).toBe(3);
});

test("sites come from a file, each with a chain of its own, all of them or none", async () => {
  const good = `study,site,name,country\n${OTHER_STUDY},902,"Site 902, North",SWE\n${STUDY},705,Site 705,USA\n`;
  const shown = await preview("studies.previewSites", good);
  expect(shown.effects).toEqual([
    { line: 2, what: `${OTHER_STUDY}/902`, before: null, after: "Site 902, North (SWE), registered" },
    { line: 3, what: `${STUDY}/705`, before: null, after: "Site 705 (USA), registered" },
  ]);
  const bad = `${good}${STUDY},701,Site 701,USA\nNOSUCH,1,Site 1,USA\n${STUDY},706,Site 706,usa\n`;
  expect(faultsOf(await preview("studies.previewSites", bad)).toSorted()).toEqual(["4 site registered", "5 study unknown", "6 country form"]);
  expect(codeOf(await ada.call(api, "studies.importSites", { csv: bad, reason: REASON }))).toBe("import.invalid");
  expect(dataOf(await ada.call(api, "studies.importSites", { csv: good, reason: REASON }))).toMatchObject({ lines: 2 });
  expect((await at.records(`site:${OTHER_STUDY}/902`))[0]).toMatchObject({ seq: 1, action: "chain.open" });
  expect(codeOf(await api.call("auditor", "trail.verify", { chains: [`site:${STUDY}/705`] }))).toBe("ok");
  expect(codeOf(await eve.call(api, "studies.importSites", { csv: good, reason: REASON }))).toBe("policy.denied");
});

test("people come by a file as far as their invitations: each line is checked as one would be, and nobody is invited by it", async () => {
  const header = "username,name,role,study,site,until";
  const shown = (await preview(
    "people.previewImport",
    `${header}\nlea.low,"Low, Lea",auditor,${STUDY},701,2090-01-01T00:00:00.000Z\nkim,Kim Ode,security_admin,*,*,`,
  )) as Preview & {
    readonly invitations: readonly object[];
  };
  expect(shown).toMatchObject({ lines: 2, faults: [] });
  expect(shown.effects[0]).toMatchObject({ what: "Low, Lea (lea.low)", after: `asked to be invited as auditor at ${STUDY}/701 until 2090-01-01T00:00:00.000Z` });
  expect(shown.invitations).toEqual([
    { line: 2, username: "lea.low", printedName: "Low, Lea", role: "auditor", study: STUDY, site: "701", until: "2090-01-01T00:00:00.000Z" },
    { line: 3, username: "kim", printedName: "Kim Ode", role: "security_admin", study: "*", site: "*", until: null },
  ]);
  const faulty = [
    `eve,Eve Person,auditor,${STUDY},701,`,
    `lea,Lea Low,auditor,${STUDY},701,`,
    `lea,Lea Lower,auditor,${STUDY},701,`,
    `pat,Pat Hay,tea_maker,${STUDY},701,`,
    `joe,Joe Fox,auditor,${STUDY},799,`,
    `ann,Ann Roe,auditor,${STUDY},701,2020-01-01T00:00:00.000Z`,
  ];
  const refused = await preview("people.previewImport", [header, ...faulty].join("\n"));
  expect(faultsOf(refused)).toEqual(["2 username registered", "4 username line_twice", "5 role unknown", "6 site unknown", "7 until form"]);
  expect(refused.effects).toEqual([]);
  const [people] = await at.owner.run<{ count: number }>`SELECT count(*)::integer AS count FROM people.persons WHERE username IN ('lea', 'lea.low', 'kim')`;
  expect(people?.count).toBe(0);
  expect(codeOf(await eve.call(api, "people.previewImport", { csv: `${header}\n` }))).toBe("policy.denied");
});
