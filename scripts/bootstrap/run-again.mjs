import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { runStep } from "./processes.mjs";
import { root } from "./root.mjs";

/** More files than this don't fail because of the machine. */
const FILES_MAX = 4;
/** What has processes, a database or a browser of its own, and so hangs on a busy machine; a property that fails has found something. */
const HANGS_ON_MACHINE = [/\.int\.test\.ts$/, /^e2e\//];
const NEVER = /\.(?:prop|memory)\./;

const read = (file) => (existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : null);
const fromRoot = (name) => relative(root, name).split(sep).join("/");

/**
 * The files of a run that are to be run once more: those that failed, and those of which nothing is known, since what ran them ended. None, where
 * there are many, or where one of them needs nothing but the processor.
 */
export function filesToRunAgain(report, expected) {
  const results = new Map((report?.testResults ?? []).map(({ name, status }) => [fromRoot(name), status]));
  const failed = [...results].filter(([, status]) => status === "failed").map(([name]) => name);
  const files = [...new Set([...failed, ...expected.filter((name) => !results.has(name))])];
  const hangsOnMachine = (name) => HANGS_ON_MACHINE.some((kind) => kind.test(name)) && !NEVER.test(name);
  return files.length <= FILES_MAX && files.every(hangsOnMachine) ? files : [];
}

/** A report in which what was run again stands instead of what it was before. */
export function withRunAgain(report, again) {
  const names = new Set(again.testResults.map(({ name }) => name));
  const testResults = [...report.testResults.filter(({ name }) => !names.has(name)), ...again.testResults];
  const ended = (status) => testResults.reduce((sum, { assertionResults }) => sum + assertionResults.filter((test) => test.status === status).length, 0);
  return { ...report, testResults, numPassedTests: ended("passed"), numFailedTests: ended("failed"), success: testResults.every(({ status }) => status === "passed") };
}

/** Runs such files once more, alone and one after another, and says so by name. Answers with what the runner ended with then; null where nothing was run again. */
export async function runAgain(report, env) {
  const vitest = join(root, "node_modules/.bin/vitest");
  const listed = await runStep(vitest, ["list", "--filesOnly", "--json"], { env });
  const expected = listed.code === 0 ? JSON.parse(listed.output.slice(listed.output.indexOf("["))).map(({ file }) => fromRoot(file)) : [];
  const before = read(report);
  const files = before === null ? [] : filesToRunAgain(before, expected);
  if (files.length === 0) return null;
  process.stdout.write(`\nfailed among others, run again alone: ${files.join(", ")}\n`);
  const second = join(root, "test-results", "vitest-again.json");
  const ran = await runStep(vitest, ["run", `--outputFile.json=${second}`, ...files], { quiet: false, env: { ...env, SALLYPORT_TEST_ALONE: "1" } });
  const again = read(second);
  if (again === null) return null;
  writeFileSync(report, JSON.stringify(withRunAgain(before, again)));
  for (const { name, status } of again.testResults) process.stdout.write(`${fromRoot(name)}: failed among others, ${status} alone\n`);
  return ran.code;
}
