import { configDefaults, defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

const EXCLUDED = [...configDefaults.exclude, "**/dist/**", "**/.next/**", "**/.cache/**"];
/** What has the whole product, and most often a browser, of its own. */
const PRODUCT = ["e2e/**/*.test.ts"];
/** What has a database, processes or a measured memory of its own. */
const WHOLE = ["packages/**/*.int.test.ts", "apps/**/*.int.test.ts", "**/*.memory.test.ts", "scripts/**/*.test.mjs"];

/** The longest first, so that nothing long is left when nothing else is: what drives a browser or the whole product, then what has a database. */
const LONGEST = [/\/e2e\/src\/(?:look|page-speed)\./, /\/e2e\//, /\.fault\.int\.test\.ts$/, /\/apps\/.*\.int\.test\.ts$/, /\.int\.test\.ts$/];
const rank = ({ moduleId }: TestSpecification): number => {
  const at = LONGEST.findIndex((kind) => kind.test(moduleId));
  return at === -1 ? LONGEST.length : at;
};
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).sort((one, other) => rank(one) - rank(other));
  }
}

/** What is run again, alone (ADR 0040). A project's own number outweighs --maxWorkers. */
const IS_ALONE = process.env["SALLYPORT_TEST_ALONE"] !== undefined;
const TIMES = { testTimeout: 30_000, hookTimeout: 60_000, unstubEnvs: true };

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    pool: "forks",
    reporters: ["default", "json"],
    outputFile: { json: "test-results/vitest.json" },
    teardownTimeout: 30_000,
    // What is built runs as it is: Node loads it far sooner than Vite's server hands it over.
    server: { deps: { external: [/\/node_modules\//, /\/dist\/.*\.m?js$/] } },
    projects: [
      {
        extends: true,
        test: {
          name: "e2e",
          include: PRODUCT,
          exclude: EXCLUDED,
          globalSetup: ["e2e/dist/support/founded-setup.js"],
          // Each keeps a processor busy, with the browser and the five processes that it drives.
          maxWorkers: IS_ALONE ? 1 : 2,
          sequence: { groupOrder: 0 },
          ...TIMES,
        },
      },
      {
        extends: true,
        test: {
          name: "whole",
          include: WHOLE,
          exclude: EXCLUDED,
          globalSetup: ["packages/embedded-postgres/dist/testing-setup.js"],
          // Half of their time they wait: for a commit, a deadline, a lock that ends.
          maxWorkers: IS_ALONE ? 1 : 3,
          sequence: { groupOrder: 1 },
          ...TIMES,
        },
      },
      {
        extends: true,
        test: {
          name: "unit",
          include: ["packages/**/*.test.ts", "apps/**/*.test.{ts,tsx}", "bench/**/*.test.ts", "tooling/**/*.test.ts"],
          exclude: [...EXCLUDED, ...WHOLE],
          // Loading the same modules for each file anew took longer than most of these tests.
          isolate: false,
          maxWorkers: IS_ALONE ? 1 : 3,
          sequence: { groupOrder: 1 },
          ...TIMES,
        },
      },
    ],
  },
});
