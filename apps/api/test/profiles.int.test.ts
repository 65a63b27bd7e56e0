import { canonicalProfile, cdiscSdtm, Classifier, type Profile, profileDigest, shippedProfiles, type VariableRule } from "@sallyport/phi";
import { afterAll, beforeAll, expect, test } from "vitest";
import { keepShippedProfiles } from "../src/shipped-profiles.ts";
import { demographics, PEOPLE, STUDY } from "./dataset.ts";
import { type Api, codeOf, dataOf, type Deployment, deployment, until } from "./stack.ts";

let at: Deployment;
let api: Api;
/** What the study's profile says in these tests; null for the one that is stored. */
let inForce: Profile | null = null;
beforeAll(async () => {
  at = await deployment();
  api = await at.serve({
    ports: (real) => ({
      ...real,
      profiles: { ...bound(real.profiles), of: (study) => (inForce === null ? real.profiles.of(study) : new Classifier(inForce, 2026)) },
    }),
  });
  await at.seed(api);
}, 60_000);
afterAll(async () => {
  await api?.close();
  await at?.close();
});

const bound = (real: Api["process"]["profiles"]) => ({ inForce: (id: string) => real.inForce(id), studiesOf: (id: string) => real.studiesOf(id) });
const REASON = "checked against the source";
/** CDISC SDTM with some variables of DM said otherwise. */
const saying = (said: Readonly<Record<string, Partial<VariableRule>>>): Profile => ({
  ...cdiscSdtm,
  version: 2,
  domains: {
    ...cdiscSdtm.domains,
    DM: {
      ...cdiscSdtm.domains["DM"],
      ...Object.fromEntries(Object.entries(said).map(([name, rule]) => [name, { ...(cdiscSdtm.domains["DM"]?.[name] as VariableRule), ...rule }])),
    },
  },
});
const first = async (): Promise<string> => {
  const { items } = dataOf(await api.call("reviewer701", "subjects.list", { study: STUDY })) as { items: readonly { subjectId: string }[] };
  return items[0]?.subjectId ?? "";
};
const stateOf = async (field: string): Promise<string> => {
  const { fields } = dataOf(await api.call("reviewer701", "subjects.get", { subjectId: await first() })) as { fields: readonly { field: string; state: string }[] };
  const shown = fields.find((each) => each.field === field)?.state ?? "hidden";
  // Every door to the same field says the same.
  const { versions } = dataOf(await api.call("reviewer701", "subjects.history", { subjectId: await first(), domain: "DM", record: "1" })) as {
    versions: readonly { fields: readonly { field: string; state: string }[] }[];
  };
  expect(versions[0]?.fields.find((each) => each.field === field)?.state ?? "hidden").toBe(shown);
  return shown;
};
const revealed = async (field: string): Promise<string> =>
  codeOf(await api.call("reviewer701", "subjects.reveal", { subjectId: await first(), field, record: "1", purpose: "monitoring", reason: REASON }));
const deliver = async (age: number): Promise<unknown> => {
  const { packetId } = dataOf(await api.call("ingest", "packets.upload", { study: STUDY, content: demographics(PEOPLE.map((person) => ({ ...person, age }))) })) as {
    packetId: string;
  };
  return dataOf(await api.call("steward", "packets.release", { packetId, reason: REASON }));
};

test("founding stores the shipped profiles, each signed and on record, and doing it again changes nothing", async () => {
  const { trail, profileStore } = api.process;
  const refused = { sign: () => Promise.reject(new Error("nobody is asked")) };
  await keepShippedProfiles({ trail, profileStore, now: Date.now, custodian: refused as never });
  for (const profile of shippedProfiles) {
    const [stored, ...more] = await profileStore.versions(profile.id);
    expect(more).toEqual([]);
    expect(stored).toMatchObject({ version: 1, canonical: canonicalProfile(profile), approval: null });
    expect(stored?.note).toContain(`sallyport/profile/v1\n${at.trustDomain.split(".")[0]}\n${profileDigest(profile)}\n`);
  }
  const records = (await at.records("system")).filter(({ action }) => action === "profile.activate");
  expect(records.map(({ resource, detail }) => [resource, detail])).toEqual([
    ["profile/cdisc-sdtm/1", "shipped=true"],
    ["profile/fhir-r4-patient/1", "shipped=true"],
  ]);
});

test("what a tighter profile closes is closed at once: masked where it was shown, and hidden where it would unblind, by every door", async () => {
  expect([await stateOf("DM.COUNTRY"), await stateOf("DM.SEX"), await stateOf("DM.ARM")]).toEqual(["readable", "masked", "hidden"]);
  inForce = saying({ COUNTRY: { classification: "phi" }, SEX: { classification: "treatment" } });
  expect([await stateOf("DM.COUNTRY"), await stateOf("DM.SEX")]).toEqual(["masked", "hidden"]);
  expect([await revealed("DM.COUNTRY"), await revealed("DM.SEX")]).toEqual(["ok", "policy.denied"]);
  inForce = null;
  expect([await stateOf("DM.COUNTRY"), await revealed("DM.SEX")]).toEqual(["readable", "ok"]);
});

test("what a looser profile opens is what is delivered again, and of that no age over 89", async () => {
  inForce = saying({ AGE: { classification: "regulatory" }, RFSTDTC: { classification: "public" } });
  expect([await stateOf("DM.AGE"), await stateOf("DM.RFSTDTC")]).toEqual(["masked", "masked"]);
  expect(await deliver(55)).toMatchObject({ records: { updated: PEOPLE.length } });
  expect([await stateOf("DM.AGE"), await stateOf("DM.RFSTDTC")]).toEqual(["readable", "masked"]);
  expect(await deliver(90)).toMatchObject({ records: { updated: PEOPLE.length } });
  expect(await stateOf("DM.AGE")).toBe("masked");
  inForce = null;
  expect(await deliver(55)).toMatchObject({ records: { updated: PEOPLE.length } });
  expect(await stateOf("DM.AGE")).toBe("masked");
});

test("a profile that was edited in the database takes in, releases and reads nothing of its studies, until it is what was signed again", async () => {
  const content = demographics([{ site: "701", subject: "1201" }]);
  const { packetId } = dataOf(await api.call("ingest", "packets.upload", { study: STUDY, content })) as { packetId: string };
  const subjectId = await first();
  const edited = canonicalProfile(saying({ SEX: { classification: "public" } })).replace('"version":2', '"version":1');
  const put = async (canonical: string): Promise<void> => {
    await at.owner.transaction(async (tx) => {
      await tx`ALTER TABLE phi.profiles DISABLE TRIGGER immutable`;
      await tx`UPDATE phi.profiles SET canonical = ${canonical} WHERE id = 'cdisc-sdtm'`;
      await tx`ALTER TABLE phi.profiles ENABLE ALWAYS TRIGGER immutable`;
    });
  };
  await put(edited);
  await until(async () => codeOf(await api.call("reviewer701", "subjects.get", { subjectId })) !== "ok");
  const calls = [
    ["ingest", "packets.upload", { study: STUDY, content }],
    ["ingest", "packets.begin", { study: STUDY, files: [{ name: "dm.json", bytes: 9 }] }],
    ["steward", "packets.inspect", { packetId }],
    ["steward", "packets.release", { packetId, reason: REASON }],
    ["reviewer701", "subjects.get", { subjectId }],
    ["reviewer701", "subjects.history", { subjectId, domain: "DM", record: "1" }],
    ["reviewer701", "subjects.reveal", { subjectId, field: "DM.SEX", record: "1", purpose: "monitoring", reason: REASON }],
  ] as const;
  for (const [who, procedure, input] of calls) expect([procedure, codeOf(await api.call(who, procedure, input))]).toEqual([procedure, "profile.unsigned"]);
  await put(canonicalProfile(cdiscSdtm));
  await until(async () => codeOf(await api.call("reviewer701", "subjects.get", { subjectId })) === "ok");
  expect(codeOf(await api.call("steward", "packets.release", { packetId, reason: REASON }))).toBe("ok");
});

test("a deployment that was founded before it had them has the shipped profiles from its next start on, signed as before, and on record", async () => {
  const [before] = await api.process.profileStore.versions("fhir-r4-patient");
  await at.owner.transaction(async (tx) => {
    await tx`ALTER TABLE phi.profiles DISABLE TRIGGER immutable`;
    await tx`DELETE FROM phi.profiles WHERE id = 'fhir-r4-patient'`;
    await tx`ALTER TABLE phi.profiles ENABLE ALWAYS TRIGGER immutable`;
  });
  await using started = await at.serve();
  const [after] = await started.process.profileStore.versions("fhir-r4-patient");
  expect(after?.note).toBe(before?.note);
  expect(started.process.profiles.inForce("fhir-r4-patient")).toMatchObject({ version: 1 });
  expect((await at.records("system")).filter(({ action, resource }) => action === "profile.activate" && resource === "profile/fhir-r4-patient/1")).toHaveLength(2);
});

test("no version is left out, changed or taken away by whoever writes them", async () => {
  const row = { id: "cdisc-sdtm", canonical: "{}", note: "n", approval: null, atMs: 1 };
  for (const version of [1, 3])
    await expect(api.database.transaction((tx) => api.process.profileStore.insert(tx, { ...row, version }))).rejects.toMatchObject({ code: "profile.version" });
  await expect(api.database.transaction((tx) => tx`UPDATE phi.profiles SET note = 'x'`)).rejects.toThrow();
  await expect(api.database.transaction((tx) => tx`DELETE FROM phi.profiles`)).rejects.toThrow();
});
