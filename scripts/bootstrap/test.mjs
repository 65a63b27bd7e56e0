import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { runStep } from "./processes.mjs";
import { root } from "./root.mjs";
import { runAgain } from "./run-again.mjs";

/**
 * Runs every test and then the repo's checks; the last line says how many passed and failed. A few files that failed while others ran beside them are
 * run once more, alone (docs/adr/0040-files-that-are-run-again.md); the long run, which looks for what is rare, runs nothing again.
 */
export async function runTests(args) {
  const report = join(root, "test-results", "vitest.json");
  rmSync(report, { force: true });
  const long = args.includes("--long");
  const env = { NODE_ENV: "test", ...(long && { SALLYPORT_TEST_LONG: "1" }) };
  const tests = await runStep(join(root, "node_modules/.bin/vitest"), ["run", ...args.filter((arg) => arg !== "--long")], { quiet: false, env });
  const isWhole = args.length === 0;
  const code = tests.code !== 0 && isWhole ? ((await runAgain(report, env)) ?? tests.code) : tests.code;
  const checks = join(root, "tooling/checks/run.mjs");
  const checked = existsSync(checks) ? await runStep(process.execPath, [checks], { quiet: false }) : { code: 0 };
  if (checked.code !== 0) process.stdout.write("the repo checks failed\n");
  const counts = count(existsSync(report) ? JSON.parse(readFileSync(report, "utf8")) : null, code, checked.code);
  process.stdout.write(`${counts.passed} passed, ${counts.failed} failed\n`);
  return counts.failed === 0 ? 0 : 1;
}

/**
 * What the run comes to. A file that doesn't load, an error outside any test, a report that is missing and a failed
 * check count as one failure each, so nothing that went wrong can end in "0 failed".
 */
export function count(report, testsCode, checksCode) {
  const passed = report?.numPassedTests ?? 0;
  const unloaded = (report?.testResults ?? []).filter((file) => file.status === "failed" && file.assertionResults.every((test) => test.status !== "failed")).length;
  let failed = (report?.numFailedTests ?? 0) + unloaded;
  if (failed === 0 && (testsCode !== 0 || passed === 0)) failed = 1;
  if (checksCode !== 0) failed++;
  return { passed, failed };
}
