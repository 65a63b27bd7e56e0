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

let way: DocumentWay;
beforeAll(async () => {
  if (why === null) way = await DocumentWay.open();
}, 300_000);
afterAll(async () => {
  await way?.close();
}, 120_000);

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
