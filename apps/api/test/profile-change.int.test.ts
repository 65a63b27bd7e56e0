import { openNote } from "@sallyport/audit";
import { canonicalProfile, cdiscSdtm, fhirR4Patient, type Profile, profileDigest, type VariableRule } from "@sallyport/phi";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PEOPLE, STUDY } from "./dataset.ts";
import { Desk, type Enrolled, PASSWORD, type SignedIn } from "./people.ts";
import { type Api, codeOf, dataOf, type Deployment, deployment, until } from "./stack.ts";

interface Line {
  readonly what: string;
  readonly before: string | null;
  readonly after: string | null;
}
interface Asked {
  readonly approvalId: string;
  readonly digest: string;
}
let at: Deployment;
let api: Api;
let desk: Desk;
let ada: { readonly who: Enrolled; readonly session: SignedIn };
let ben: { readonly who: Enrolled; readonly session: SignedIn };
beforeAll(async () => {
  at = await deployment();
  api = await at.serve();
  await at.seed(api);
  desk = await Desk.of(at);
  const [first, second] = await desk.found(api);
  ada = { who: first, session: await desk.signIn(api, first) };
  ben = { who: second, session: await desk.signIn(api, second) };
}, 60_000);
afterAll(async () => {
  desk?.close();
  await api?.close();
  await at?.close();
});

const REASON = "because it has to be so";
/** A version with some variables of DM said otherwise than by CDISC SDTM 1. */
const saying = (version: number, said: Readonly<Record<string, Partial<VariableRule>>>): Profile => ({
  ...cdiscSdtm,
  version,
  domains: {
    ...cdiscSdtm.domains,
    DM: {
      ...cdiscSdtm.domains["DM"],
      ...Object.fromEntries(Object.entries(said).map(([name, rule]) => [name, { ...(cdiscSdtm.domains["DM"]?.[name] as VariableRule), ...rule }])),
    },
  },
});
const NEXT = saying(2, { COUNTRY: { classification: "phi" }, AGE: { classification: "regulatory" } });
const textOf = (profile: Profile): string => JSON.stringify(profile, null, 2);
const ask = (document: string, by: SignedIn = ben.session) => desk.call(api, by, "approvals.requestProfileChange", { document, reason: REASON });
const asked = async (document: string): Promise<Asked> => (dataOf(await ask(document)) as { approval: Asked }).approval;
const approve = async ({ approvalId, digest }: Asked): Promise<string> => {
  const { challenge } = dataOf(await desk.call(api, ada.session, "approvals.get", { approvalId })) as { challenge: string };
  const response = ada.who.authenticator?.get(challenge) ?? "";
  return codeOf(await desk.call(api, ada.session, "approvals.decide", { approvalId, digest, verdict: "approve", reason: REASON, proof: { kind: "passkey", response } }));
};
const stateOf = async (field: string): Promise<string | undefined> => {
  const { items } = dataOf(await api.call("reviewer", "subjects.list", { study: STUDY })) as { items: readonly { subjectId: string }[] };
  const { fields } = dataOf(await api.call("reviewer", "subjects.get", { subjectId: items[0]?.subjectId })) as { fields: readonly { field: string; state: string }[] };
  return fields.find((each) => each.field === field)?.state;
};

test("what a draft would change is shown before anybody is asked, a warning for each loosening, and what it does to what is stored", async () => {
  const compared = dataOf(await api.call("admin", "profiles.compare", { document: textOf(NEXT) })) as {
    digest: string;
    inForce: number;
    loosens: number;
    effect: readonly Line[];
    changes: readonly { variable: string; direction: string }[];
    stored: readonly object[];
  };
  expect(compared).toMatchObject({ digest: profileDigest(NEXT), inForce: 1, loosens: 1 });
  expect(compared.changes.map(({ variable, direction }) => [variable, direction])).toEqual([
    ["AGE", "looser"],
    ["COUNTRY", "tighter"],
  ]);
  const counted = compared.effect.find(({ what }) => what === "stored fields, counted at")?.after;
  expect(Date.parse(counted ?? "")).toBeGreaterThan(Date.now() - 60_000);
  expect(compared.effect.map(({ what, before, after }) => [what, before, after])).toEqual([
    ["profile in force", "cdisc-sdtm/1", "cdisc-sdtm/2"],
    ["DM.AGE", "phi, age, HIPAA identifier 3", "regulatory, age, HIPAA identifier 3"],
    ["DM.COUNTRY", "regulatory, place", "phi, place"],
    ["warning: DM.AGE", "phi, age, HIPAA identifier 3", "regulatory, age, HIPAA identifier 3: more of it is shown, as soon as it is delivered again"],
    ["stored fields, counted at", null, counted],
    ["OTHER: shown less of at once", "0", "0 stored fields"],
    ["OTHER: shown more of once delivered again", "0", "0 stored fields"],
    [`${STUDY}: shown less of at once`, "0", `${PEOPLE.length} stored fields`],
    [`${STUDY}: shown more of once delivered again`, "0", `${PEOPLE.length} stored fields`],
  ]);
});

test("two people put a version in force, the second by a passkey: it is signed, on record, and closes at once what it is stricter about", async () => {
  const request = await asked(textOf(NEXT));
  expect(await stateOf("DM.COUNTRY")).toBe("readable");
  const own = {
    approvalId: request.approvalId,
    digest: request.digest,
    verdict: "approve",
    reason: REASON,
    proof: { kind: "password", password: PASSWORD, totp: await desk.code(ben.who) },
  };
  expect(codeOf(await desk.call(api, ben.session, "approvals.decide", own))).toBe("policy.separation");
  expect(await approve(request)).toBe("ok");
  await until(async () => (await stateOf("DM.COUNTRY")) === "masked");
  expect(await stateOf("DM.AGE")).toBe("masked");

  const [stored] = await api.process.profileStore.versions("cdisc-sdtm");
  expect(stored).toMatchObject({ version: 2, canonical: canonicalProfile(NEXT), approval: request.approvalId });
  expect(openNote(stored?.note ?? "", api.process.watch.status().checkpointKey.vkey)).toBe(
    `sallyport/profile/v1\n${api.process.watch.status().deployment}\n${profileDigest(NEXT)}\n`,
  );
  const [record] = (await at.records("system")).filter(({ action, resource, decision }) => action === "approval.decide" && resource === request.approvalId && decision === "allow");
  expect(record?.["detail"]).toContain("profile=cdisc-sdtm/2");

  const shown = dataOf(await api.call("steward", "profiles.get", { profile: "cdisc-sdtm" })) as {
    version: number;
    signed: boolean;
    inForce: boolean;
    changes: readonly object[];
    versions: readonly { version: number; approval: string | null; signed: boolean }[];
    studies: readonly string[];
  };
  expect(shown).toMatchObject({ version: 2, signed: true, inForce: true, studies: [STUDY] });
  expect(shown.changes).toHaveLength(2);
  expect(shown.versions.map(({ version, approval, signed }) => [version, approval, signed])).toEqual([
    [2, request.approvalId, true],
    [1, null, true],
  ]);
  expect(dataOf(await api.call("auditor", "profiles.get", { profile: "cdisc-sdtm", version: 1 }))).toMatchObject({ version: 1, inForce: false, changes: [] });
  const { profiles } = dataOf(await api.call("steward701", "profiles.list", {})) as { profiles: readonly object[] };
  expect(profiles).toMatchObject([
    { profile: "cdisc-sdtm", version: 2, signed: true, studies: [STUDY] },
    { profile: "fhir-r4-patient", version: 1, signed: true, studies: [] },
  ]);
});

test("a password approves no profile: the custodian would sign upon no such word", async () => {
  const request = (dataOf(await ask(textOf(saying(3, {})), ada.session)) as { approval: Asked }).approval;
  const proof = { kind: "password", password: PASSWORD, totp: await desk.code(ben.who) };
  const vote = { approvalId: request.approvalId, digest: request.digest, verdict: "approve", reason: REASON, proof };
  expect(codeOf(await desk.call(api, ben.session, "approvals.decide", vote))).toBe("approval.passkey");
  expect(codeOf(await desk.call(api, ada.session, "approvals.withdraw", { approvalId: request.approvalId, reason: REASON }))).toBe("ok");
});

test("of two requests for the same version one comes into force, and the other is of nothing any more", async () => {
  const [one, other] = [await asked(textOf(saying(3, { SEX: { note: "one" } }))), await asked(textOf(saying(3, { SEX: { note: "other" } })))];
  expect(await approve(one)).toBe("ok");
  await until(() => api.process.profiles.inForce("cdisc-sdtm")?.version === 3);
  expect(await approve(other)).toBe("profile.version");
  expect((await api.process.profileStore.versions("cdisc-sdtm")).map(({ version }) => version)).toEqual([3, 2, 1]);
});

test("a draft that can't be used is refused before anybody is asked: by its places, its version, or for saying nothing", async () => {
  const inForce = api.process.profiles.inForce("cdisc-sdtm") as Profile;
  const cases: readonly (readonly [string, string, readonly string[]])[] = [
    ["{ ", "profile.invalid", ["the document: not JSON"]],
    [textOf(saying(4, { DTHFL: { kind: "free_text", classification: "public" } })), "profile.invalid", ["DM.DTHFL: free text can't be less than PHI"]],
    [textOf({ ...inForce, version: 4 }), "profile.invalid", ["the document: says what the version in force says"]],
    [textOf({ ...fhirR4Patient, id: "cdisc-sdtm", version: 4 }), "profile.invalid", ["source: another one than before; make a new profile for other files"]],
    [textOf(saying(3, { SEX: { note: "again" } })), "profile.version", []],
    [textOf({ ...cdiscSdtm, id: "another", version: 2 }), "profile.version", []],
  ];
  for (const [document, code, where] of cases) {
    for (const reply of [await ask(document), await api.call("admin", "profiles.compare", { document })]) {
      expect(codeOf(reply)).toBe(code);
      expect((JSON.parse(reply.text) as { where?: readonly string[] }).where ?? []).toEqual(where);
    }
  }
});

test("a change is for who administers the whole deployment, and a profile that isn't there ends as one that may not be read", async () => {
  for (const who of ["admin701", "steward", "auditor", "reviewer"] as const)
    expect([who, codeOf(await api.call(who, "profiles.compare", { document: textOf(NEXT) }))]).toEqual([who, "policy.denied"]);
  expect(codeOf(await api.call("reviewer", "profiles.list", {}))).toBe("policy.denied");
  expect(codeOf(await api.call("auditor", "profiles.get", { profile: "nothing" }))).toBe("policy.denied");
  expect(codeOf(await api.call("auditor", "profiles.get", { profile: "cdisc-sdtm", version: 9 }))).toBe("policy.denied");
});
