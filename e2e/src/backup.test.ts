import { readFileSync } from "node:fs";
import { join } from "node:path";
import { items } from "@sallyport/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { inventedDemographics, PILOT } from "./support/pilot-study.ts";
import { startFounded } from "./support/founded.ts";
import { Product } from "./support/product.ts";
import { until } from "./support/until.ts";

let product: Product;
const restored: Product[] = [];
/** Subjects whose release was acknowledged before the backup began. */
let before = 0;

/** Brings new subjects in, release by release, until it is told to stop: each has a key of its own at the custodian. */
function releasing(): { count: () => number; stop: () => Promise<void> } {
  let isOn = true;
  let released = 0;
  const running = (async () => {
    const [ingest, steward] = [product.connect("ingest"), product.connect("steward")];
    while (isOn) {
      const { packetId } = await ingest.api.packets.upload.mutate({ study: PILOT, content: inventedDemographics(released + 1) });
      await steward.api.packets.release.mutate({ packetId, reason: "validated against source documents" });
      released += 1;
    }
    await Promise.all([ingest.close(), steward.close()]);
  })();
  return {
    count: () => released,
    stop: async () => {
      isOn = false;
      await running;
    },
  };
}

beforeAll(async () => {
  product = await startFounded();
  const load = releasing();
  await until(
    () => load.count() >= 2,
    60_000,
    () => "nothing is released",
  );
  before = load.count();
  await product.json(["backup", "--out", join(product.folder, "backup")]);
  const after = load.count();
  await until(
    () => load.count() > after,
    60_000,
    () => "nothing is released after the backup",
  );
  await load.stop();
  await product.stop();
}, 300_000);
afterAll(async () => {
  for (const each of restored) await each.remove();
  await product.remove();
}, 120_000);

async function putBack(...more: readonly string[]): Promise<Product> {
  const again = await Product.prepare();
  restored.push(again);
  const { code, stderr } = await product.cli(["restore", "backup", "--home", again.home, "--root-key", join(product.home, "custodian/root.key"), ...more]);
  expect([code, stderr]).toEqual([0, ""]);
  await again.start();
  return again;
}
const frozen = (at: Product): boolean => readFileSync(join(at.home, "logs/api.log"), "utf8").includes('"start.frozen"');

test("a backup that was made under load starts elsewhere, verifies from the first record on, and opens every subject that it has", async () => {
  const again = await putBack();
  expect(frozen(again)).toBe(false);
  const { whole } = await again.json<{ whole: boolean }>(["--as", "auditor", "call", "trail.verify", "{}"]);
  expect(whole).toBe(true);
  const reviewer = again.connect("reviewer");
  let opened = 0;
  for await (const { subjectId } of items(reviewer.api.subjects.list.query, { study: PILOT, limit: 100 })) {
    await reviewer.api.subjects.reveal.mutate({ subjectId, field: "DM.SEX", purpose: "monitoring", reason: "source data verification" });
    opened += 1;
  }
  await reviewer.close();
  expect(opened).toBeGreaterThanOrEqual(before * 3);
  await again.stop();
}, 180_000);

test("beside the custodian's own store, which has signed more since, its start is a frozen one, and says what is missing", async () => {
  const again = await putBack("--custodian", join(product.home, "custodian"));
  expect(frozen(again)).toBe(true);
  const { incidents } = await again.json<{ incidents: readonly { chain: string; kind: string; stops: string }[] }>(["--as", "auditor", "call", "incidents.list", "{}"]);
  expect(incidents).toContainEqual(expect.objectContaining({ chain: "system", kind: "rolled back", stops: "everything" }));
  expect((await again.cli(["--as", "reviewer", "call", "subjects.list", JSON.stringify({ study: PILOT })])).stderr).toContain("trail.frozen");
}, 180_000);
