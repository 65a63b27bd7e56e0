import { beforeAll, describe, expect, test } from "vitest";
import { noBrowser } from "./support/browser.ts";
import { CROWD_PAGES } from "./support/crowd.ts";
import { MEASURED, measurePages, type PageTimes, type Size } from "./support/page-speed.ts";

const LONG = process.env["SALLYPORT_TEST_LONG"] !== undefined;
const FEW: Size = { crossings: 1000, people: 5, sites: 19, roles: 11 };
const MANY: Size = { crossings: 1_000_000, people: 500, sites: 60, roles: 40 };
const SIZES = [FEW, MANY];
const ROUNDS = 7;
/** So many times as long as with few a page may take with many people, sites and roles. */
const SLOWER = 3;

/** How long a page takes says something on a machine that does nothing else: in the long run alone. */
const why = LONG ? noBrowser : "in the long run alone";

let measured: readonly PageTimes[] = [];

beforeAll(async () => {
  if (why === null) measured = await measurePages(SIZES, ROUNDS, SLOWER);
}, 900_000);

const number = (count: number): string => count.toLocaleString("en-GB");

describe.skipIf(why !== null)(
  `a page over ${number(MANY.crossings)} crossings, ${MANY.people} people, ${MANY.sites} sites and ${MANY.roles} roles${why === null ? "" : ` (skipped: ${why})`}`,
  () => {
    test.each(Object.keys(MEASURED))("%s shows its rows, and nothing of it moves once it is seen", (path) => {
      const times = measured.filter((each) => each.path === path);
      expect(times).toHaveLength(SIZES.length);
      for (const { rows, shift, ms } of times) {
        expect(ms.length).toBeGreaterThanOrEqual(ROUNDS);
        expect(rows).toBeGreaterThan(path === "/crossings" ? 10 : 0);
        expect(shift).toBeLessThan(0.02);
      }
      const [few, many] = times;
      if (few === undefined || many === undefined) return;
      // The fastest look of each is the one that the machine disturbed least.
      const [fewMs, manyMs] = [Math.min(...few.ms), Math.min(...many.ms)];
      process.stdout.write(`${path}: with many ${(manyMs / fewMs).toFixed(2)} times as long as with few (${Math.round(fewMs)} ms), the fastest of ${few.ms.length}\n`);
      // How fast a long trail is shown is for the benchmarks to say: here the machine may be busy with something else.
      if (Object.hasOwn(CROWD_PAGES, path)) expect(manyMs / fewMs).toBeLessThan(SLOWER);
    });
  },
);
