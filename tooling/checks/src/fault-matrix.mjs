import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT, treeCheck } from "./tree.mjs";

const MATRIX = "docs/fault-matrix.json";
const RESULTS = join(ROOT, "test-results/vitest.json");
const COUNTS = { M: 16, T: 18, R: 14, E: 13, A: 18, S: 12, P: 20 };
const OFF = "fails with its defence off";

const rows = Object.entries(COUNTS).flatMap(([letter, count]) => Array.from({ length: count }, (_, at) => `${letter}${at + 1}`));

/** The tests of a run, as the runner wrote them: full name and how it ended. */
function ranTests() {
  if (!existsSync(RESULTS)) return null;
  const { testResults } = JSON.parse(readFileSync(RESULTS, "utf8"));
  return testResults.flatMap(({ assertionResults }) => assertionResults.map(({ title, status }) => ({ title, status })));
}

const succeeds = (command, ...args) => spawnSync(command, args, { stdio: "ignore" }).status === 0;

/** Whether this machine has what a row says that it needs. */
const HAS = {
  python3: () => succeeds("python3", "--version"),
  mount: () => {
    const folder = mkdtempSync(join(tmpdir(), "sallyport-mount-"));
    const mounted = succeeds("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder);
    if (mounted) succeeds("umount", folder);
    rmdirSync(folder);
    return mounted;
  },
};

/** Whether a row's tests may be skipped here: only where the machine lacks what it says that it needs. */
const maySkip = ({ needs }) => needs !== undefined && HAS[needs]?.() === false;

/** Each row is shown by tests that ran, passed, and failed with their defence off — or says what will bring it. */
function faultsOf(matrix, tests) {
  const found = [];
  for (const row of rows) {
    const entry = matrix.rows?.[row];
    if (entry === undefined) found.push(`${row} is missing`);
    else if (Array.isArray(entry.tests) === (typeof entry.brings === "string")) found.push(`${row} names neither tests nor what brings it, or both`);
    else if (Array.isArray(entry.tests)) {
      if (entry.tests.length === 0) found.push(`${row} names no test`);
      for (const title of entry.tests) {
        if (!title.startsWith(`[${row}] `)) found.push(`${row}: "${title}" doesn't bear the row's name`);
        if (tests === null) continue;
        for (const wanted of [title, `${title} — ${OFF}`]) {
          const ran = tests.filter((test) => test.title === wanted);
          if (ran.length > 0 && maySkip(entry) && ran.every(({ status }) => status === "skipped" || status === "pending")) continue;
          if (ran.length === 0) found.push(`${row}: "${wanted}" did not run`);
          else if (ran.some(({ status }) => status !== "passed")) found.push(`${row}: "${wanted}" did not pass`);
        }
      }
    }
  }
  for (const row of Object.keys(matrix.rows ?? {})) if (!rows.includes(row)) found.push(`${row} is no row of the matrix`);
  return found;
}

const base = treeCheck(
  "fault matrix: every row is shown, and its test can fail",
  (tree) => faultsOf(JSON.parse(tree.text(MATRIX)), ranTests()).map((fault) => `${MATRIX}: ${fault}`),
  {
    [MATRIX]: JSON.stringify({ rows: { M1: { tests: ["[M1] a test that nobody wrote"] } } }),
  },
);

/** The run's own results must be there; without a run, the shape alone is checked and said to be so. */
export const faultMatrix = {
  ...base,
  async run(tree) {
    if (!existsSync(RESULTS)) process.stdout.write("      (no test run on record: only the shape of the fault matrix was checked)\n");
    return base.run(tree);
  },
};
