import { readFileSync } from "node:fs";
import { join } from "node:path";
import { syntheticDataset } from "@sallyport/app-host/synthetic-study";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Product } from "./support/product.ts";
import { ROOT } from "./support/program.ts";

interface Plan {
  readonly studies: readonly { readonly id: string; readonly sites: readonly { readonly id: string; readonly name: string; readonly country: string }[] }[];
  readonly profiles: readonly { readonly name: string }[];
}

const FILE = join(ROOT, "docs/setup-plan.example.json");
const plan = JSON.parse(readFileSync(FILE, "utf8")) as Plan;
const [study] = plan.studies;
const names = plan.profiles.map(({ name }) => name).sort();
let product: Product;

beforeAll(async () => {
  product = await Product.prepare();
  await product.start({ SALLYPORT_SEED: "none" });
}, 240_000);
afterAll(async () => await product.remove(), 120_000);

describe("a deployment that was started empty", () => {
  test("has the profile that people sign in with at a terminal and no other, and serves its page", async () => {
    const { workloads } = await product.json<{ workloads: { profile: string }[] }>(["workloads"]);
    expect(workloads.map(({ profile }) => profile)).toEqual(["terminal"]);
    expect((await fetch(product.console)).status).toBe(200);
  });

  test("refuses a registration while it runs, with the reason", async () => {
    const refused = await product.cli(["setup", "--plan", FILE]);
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toMatch(/home\.locked|already|runs/i);
  });

  test("takes the plan of studies, sites and profiles with everything stopped", async () => {
    await product.stop();
    const done = await product.cli(["setup", "--plan", FILE]);
    expect(`${done.stdout}${done.stderr}`).toContain("registered");
    expect(done.code).toBe(0);
  }, 120_000);

  test("starts with those profiles, each with what its role allows", async () => {
    await product.start({ SALLYPORT_SEED: "none" });
    const { workloads } = await product.json<{ workloads: { profile: string; notAfter: string | null }[] }>(["workloads"]);
    expect(workloads.map(({ profile }) => profile)).toEqual([...names, "terminal"].sort());
    const { studies } = await product.json<{ studies: { study: string; sites: { site: string }[] }[] }>(["--as", "steward", "call", "studies.list"]);
    expect(studies.map((each) => each.study)).toEqual([study?.id]);
    expect(studies[0]?.sites.map(({ site }) => site)).toEqual(study?.sites.map(({ id }) => id));
  }, 240_000);

  test("lets a dataset cross, and shows a reviewer of one site that site alone", async () => {
    const [ingest, steward, reviewer] = [product.connect("ingest"), product.connect("steward"), product.connect("reviewer")];
    const { id = "", sites = [] } = study ?? {};
    const { packetId } = await ingest.api.packets.upload.mutate({ study: id, content: syntheticDataset(id, sites, 3) });
    await steward.api.packets.release.mutate({ packetId, reason: "validated against source documents" });
    const { total, bySite } = await reviewer.api.subjects.list.query({});
    expect([total, bySite]).toEqual([3, [{ study: id, site: "001", count: 3 }]]);
    await Promise.all([ingest.close(), steward.close(), reviewer.close()]);
  });
});
