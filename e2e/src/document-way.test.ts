import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DocumentWay, WATCHED } from "./support/document-way.ts";

const LONG = process.env["SALLYPORT_TEST_LONG"] !== undefined;
const MIB = 1024 * 1024;
/** An upload takes 2 GiB at most. */
const LARGE = 2_000_000_000;
const SMALL = 200_000_000;
/** More than one run differs from another, and less than the document: held whole anywhere it shows. What is so small that the short run has time for it doesn't. */
const MORE_MIB = 256;
const noProc = existsSync("/proc/self/clear_refs") ? null : "no /proc/self/clear_refs to measure by";
const why = LONG ? noProc : "in the long run alone";
/** Of so many whole chunks that what is counted once a document doesn't show. */
const [FEW, MANY] = [4 * MIB, 24 * MIB];

let way: DocumentWay;
beforeAll(async () => {
  if (why === null) way = await DocumentWay.open();
}, 300_000);
afterAll(async () => {
  await way?.close();
}, 120_000);

describe.skipIf(why !== null)(`what a document has the database do${why === null ? "" : ` (skipped: ${why})`}`, () => {
  test("is as much for each chunk of a longer one: none is read again for those behind it", async () => {
    await way.take(FEW, "warm");
    const [few, many] = [await way.rowsOf(() => way.take(FEW, "few")), await way.rowsOf(() => way.take(MANY, "more"))];
    const perChunk = ({ done, rows }: typeof few): Readonly<Record<string, number>> => {
      const [chunks, pieces] = [Math.ceil(done.bytes / (MIB / 4)), Math.ceil(done.bytes / MIB)];
      // Each written once; each piece that was shown is one row of its own, and so on record.
      expect(rows["ingress.packet_chunks"]?.written).toBe(chunks);
      expect(rows["phi.document_views"]?.written).toBe(pieces);
      expect((rows["egress.sealed_chunk"]?.written ?? 0) - pieces).toBeLessThanOrEqual(1);
      return { "ingress.packet_chunks": (rows["ingress.packet_chunks"]?.read ?? 0) / chunks, "egress.sealed_chunk": (rows["egress.sealed_chunk"]?.read ?? 0) / pieces };
    };
    const [once, again] = [perChunk(few), perChunk(many)];
    for (const [table, read] of Object.entries(again)) {
      expect(read, table).toBeGreaterThan(0);
      expect(read, `${table}: ${read} for each, and ${once[table]} of the shorter one`).toBeLessThan(2 * (once[table] ?? 0));
    }
    // When it is completed, released, shown, prepared and sealed; and once more, where its beginning and its end say what it is.
    expect(again["ingress.packet_chunks"]).toBeLessThan(8);
  }, 600_000);
});

describe.skipIf(why !== null)(`a document on its way${why === null ? "" : ` (skipped: ${why})`}`, () => {
  test(`of ${Math.round(LARGE / MIB)} MiB goes through upload, release, signature, sealing and delivery in the memory that a smaller one takes`, async () => {
    // The processes come to their size first.
    await way.take(SMALL, "first");
    const small = await way.take(SMALL, "small");
    const large = await way.take(LARGE, "large");
    expect(large.bytes).toBeGreaterThan(LARGE);
    for (const name of WATCHED) {
      const more = (large.peakKb[name] - small.peakKb[name]) / 1024;
      expect(more, `${name}: ${small.peakKb[name]} and ${large.peakKb[name]} kB`).toBeLessThan(MORE_MIB);
    }
  }, 3_600_000);
});
