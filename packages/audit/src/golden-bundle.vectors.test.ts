import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { checkpointNote, checkpointPair, leafLine, lineFor, makeBundle, statementNoteOf } from "./testing/memory-bundle.ts";
import { pageOf } from "./testing/page-of.ts";
import { auditKey, draftOf, headOf, sealLog } from "./testing/sealed-log.ts";
import { BundleWriter, directoryReader } from "./bundle-folder.ts";
import { GENERATION_OPEN, openingDetail, openPage, packPage, verifyBundle } from "./index.ts";

const golden = join(import.meta.dirname, "../vectors/bundle-v1");
/** Fixed once and for all: every bundle that was ever made must verify under the key that it was made with. */
const FINGERPRINT = "sha256:c4836bd13251d2145705b917f53e9d2cae023f4324159052e92b0e903e6e63f4";
const log = { deployment: "dabcdefghijkl", chain: "site:STUDY/701", key: auditKey("ours") };
const pair = checkpointPair("ours");
const first = sealLog({ ...log, generation: 1, size: 9, seed: "golden" });
const opening = { ...draftOf(log.chain, 1, "opening"), action: GENERATION_OPEN, detail: openingDetail(headOf(first)) };
const second = sealLog({ ...log, generation: 2, size: 3, seed: "golden 2", drafts: [opening] });
const plan = { ...log, pair, generations: [first, second], checkpointSizes: [[1, 4], [2]] };

const scratch = mkdtempSync(join(tmpdir(), "sallyport-bundle-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

async function write(folder: string): Promise<void> {
  const { statement } = makeBundle(plan);
  const writer = await BundleWriter.create(folder, statementNoteOf(plan, statement));
  for (const [index, records] of plan.generations.entries()) {
    await writer.open(index + 1);
    for (let from = 0; from < records.length; from += 4) {
      const page = records.slice(from, from + 4);
      const signatures = page.map((record) => leafLine(plan, record).slice(65, -1));
      await writer.addPage(openPage(packPage(pageOf(page.map(lineFor), signatures))));
    }
    for (const size of [...(plan.checkpointSizes[index] ?? []), records.length]) await writer.addCheckpoints([checkpointNote(plan, index + 1, records, size)]);
  }
  await writer.finish({ names: { svc_auditor: "Aud\u00eftor" }, vocabulary: { actions: { "phi.read": "A value was revealed." }, reasons: {} }, handovers: [] });
}

describe("the golden bundle", () => {
  test("verifies forever", async () => {
    expect(await verifyBundle(directoryReader(golden), { fingerprint: FINGERPRINT })).toMatchObject({ whole: true, pinned: true, records: 12, checkpoints: 5 });
  });

  test("is what the writer writes, byte for byte", async () => {
    const folder = join(scratch, "again");
    await write(folder);
    expect(readdirSync(folder).toSorted()).toEqual(readdirSync(golden).toSorted());
    for (const name of readdirSync(golden)) expect([name, readFileSync(join(folder, name), "utf8")]).toEqual([name, readFileSync(join(golden, name), "utf8")]);
  });
});

test("a folder that isn't empty is not written to", async () => {
  const { statement } = makeBundle(plan);
  await expect(BundleWriter.create(golden, statementNoteOf(plan, statement))).rejects.toMatchObject({ code: "bundle.exists" });
});

test("a folder that isn't there is no bundle", async () => {
  await expect(verifyBundle(directoryReader(join(scratch, "nowhere")))).rejects.toMatchObject({ code: "bundle.unreadable" });
});

test("a half-written bundle doesn't verify", async () => {
  const folder = join(scratch, "half");
  const { statement } = makeBundle(plan);
  const writer = await BundleWriter.create(folder, statementNoteOf(plan, statement));
  await writer.open(1);
  await writer.addPage(pageOf([], []));
  await expect(verifyBundle(directoryReader(folder))).rejects.toMatchObject({ code: "bundle.unreadable" });
});
