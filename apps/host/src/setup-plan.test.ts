import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { SetupPlan } from "@sallyport/contracts";
import { foundingPlan, syntheticPlan } from "./founding-plan.ts";
import { demoDataset } from "./synthetic-study.ts";
import { readOperatorPlan } from "./setup-plan.ts";

const example = join(import.meta.dirname, "../../../docs/setup-plan.example.json");
let folder = "";
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), "sallyport-plan-"))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Draft {
  studies: { id: string; sites: { id: string }[] }[];
  profiles: { name: string; assignments: { role: string; study: string; site: string }[] }[];
}
const failureOf = (path: string): unknown => {
  try {
    return readOperatorPlan(path);
  } catch (error) {
    return error;
  }
};
const refused = (change: (plan: Draft) => void): unknown => {
  const plan = JSON.parse(readFileSync(example, "utf8")) as Draft;
  change(plan);
  const path = join(folder, "plan.json");
  writeFileSync(path, JSON.stringify(plan));
  return failureOf(path);
};
const because = (reason: RegExp): unknown => ({ code: "setting.invalid", context: { setting: "plan", reason: expect.stringMatching(reason) as string } });

it("the documented example is a plan, and becomes one that the registration takes", () => {
  const { studies, profiles } = readOperatorPlan(example);
  expect(SetupPlan.safeParse(foundingPlan("dexample00000.sallyport", studies, profiles)).success).toBe(true);
});

it.each([
  ["an unknown field", (plan: Draft) => Object.assign(plan, { users: [] }), /users/],
  ["no study", (plan: Draft) => (plan.studies = []), /^studies/],
  ["a study that is there twice", (plan: Draft) => plan.studies.push(structuredClone(plan.studies[0] as never)), /study TRIAL-2031 is there twice/],
  ["a site that is there twice", (plan: Draft) => plan.studies[0]?.sites.push(structuredClone(plan.studies[0].sites[0] as never)), /site TRIAL-2031\/001 is there twice/],
  ["a profile's name that is a path", (plan: Draft) => Object.assign(plan.profiles[0] as object, { name: "../api" }), /^profiles\.0\.name/],
  ["a profile at a study that is not registered", (plan: Draft) => Object.assign(plan.profiles[0]?.assignments[0] as object, { study: "OTHER" }), /profile ingest: study OTHER/],
  [
    "a profile at a site that is not registered",
    (plan: Draft) => Object.assign(plan.profiles[0]?.assignments[0] as object, { site: "999" }),
    /profile ingest: site TRIAL-2031\/999/,
  ],
  ["a profile that takes the name of the one for people's terminals", (plan: Draft) => Object.assign(plan.profiles[0] as object, { name: "terminal" }), /profile terminal/],
  ["a site of all studies", (plan: Draft) => Object.assign(plan.profiles[3]?.assignments[0] as object, { site: "001" }), /at all sites/],
])("%s is refused, and the place is named", (_, change, reason) => expect(refused(change)).toMatchObject(because(reason) as object));

it("a file that is not JSON, or not there, is refused by its name", () => {
  writeFileSync(join(folder, "text"), "studies: []");
  expect(failureOf(join(folder, "text"))).toMatchObject(because(/not JSON/) as object);
  expect(failureOf(join(folder, "absent"))).toMatchObject(because(/can't be read/) as object);
});

it("the synthetic study is the same at every call, names only registered sites, and has each subject once", () => {
  const plan = syntheticPlan("dexample00000.sallyport");
  expect(syntheticPlan("dexample00000.sallyport")).toEqual(plan);
  expect(demoDataset()).toBe(demoDataset());
  const dataset = JSON.parse(demoDataset()) as { clinicalData: { itemGroupData: { DM: { records: number; items: { name: string }[]; itemData: (string | number)[][] } } } };
  const { records, items, itemData } = dataset.clinicalData.itemGroupData.DM;
  const column = (name: string): (string | number | undefined)[] => itemData.map((row) => row[items.findIndex((item) => item.name === name)]);
  expect(records).toBe(24);
  expect(itemData).toHaveLength(24);
  expect(itemData.every((row) => row.length === items.length)).toBe(true);
  expect(new Set(column("USUBJID")).size).toBe(24);
  const registered = plan.studies.find(({ id }) => id === "SYN-001")?.sites.map(({ id }) => id);
  expect([...new Set(column("SITEID"))]).toEqual(registered);
});

it("the pilot study is registered with the sites of its own data and with no subject", () => {
  const plan = syntheticPlan("dexample00000.sallyport");
  expect(
    plan.studies
      .find(({ id }) => id === "CDISCPILOT01")
      ?.sites.map(({ id }) => id)
      .join(" "),
  ).toBe("701 702 703 704 705 706 707 708 709 710 711 713 714 715 716 717 718");
});
