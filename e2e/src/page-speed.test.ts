import { beforeAll, describe, expect, test } from "vitest";
import { noBrowser } from "./support/browser.ts";
import { measurePages, median, type PageTimes } from "./support/page-speed.ts";

const FEW = 1000;
const MANY = process.env["SALLYPORT_TEST_LONG"] === undefined ? 15_000 : 1_000_000;
const ROUNDS = 5;

let measured: readonly PageTimes[] = [];

beforeAll(async () => {
  if (noBrowser === null) measured = await measurePages([FEW, MANY], ROUNDS);
}, 900_000);

const number = (count: number): string => count.toLocaleString("en-GB");

describe.skipIf(noBrowser !== null)(`a page over ${number(MANY)} crossings${noBrowser === null ? "" : ` (skipped: ${noBrowser})`}`, () => {
  test.each(["/overview", "/crossings"] as const)("%s shows its rows, and nothing of it moves once it is seen", (path) => {
    const [few, many] = measured.filter((times) => times.path === path);
    if (few === undefined || many === undefined) throw new Error("nothing was measured");
    // How fast is for the benchmarks to say: here the machine may be busy with something else.
    process.stdout.write(`${path}: with ${number(MANY)} crossings ${(median(many.ms) / median(few.ms)).toFixed(2)} times as long as with ${number(FEW)}, median of ${ROUNDS}\n`);
    for (const { rows, shift, ms } of [few, many]) {
      expect(ms).toHaveLength(ROUNDS);
      expect(rows).toBeGreaterThan(path === "/crossings" ? 10 : 0);
      expect(shift).toBeLessThan(0.02);
    }
  });
});
