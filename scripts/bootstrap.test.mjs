import { execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { isLeftBehind } from "./bootstrap/build.mjs";
import { flagsFor } from "./bootstrap/install.mjs";
import { birthOf, take } from "./bootstrap/lock.mjs";
import { uncoveredFamilies } from "./bootstrap/lockfile-platform.mjs";
import { nodeRefusal } from "./bootstrap/node-version.mjs";
import { filesToRunAgain, withRunAgain } from "./bootstrap/run-again.mjs";
import { count } from "./bootstrap/test.mjs";

const lockfile = `lockfileVersion: '9.0'

packages:

  '@turbo/linux-64@2.11.11':
    resolution: {integrity: sha512-a}
    cpu: [x64]
    os: [linux]

  '@next/swc-linux-x64-gnu@16.4.6':
    resolution: {integrity: sha512-b}
    cpu: [x64]
    os: [linux]
    libc: [glibc]

  '@next/swc-darwin-arm64@16.4.6':
    resolution: {integrity: sha512-c}
    cpu: [arm64]
    os: [darwin]

  fsevents@2.3.3:
    resolution: {integrity: sha512-d}
    os: [darwin]

snapshots:

  '@turbo/linux-64@2.11.11':
    optional: true
`;

describe("the lockfile's platforms", () => {
  it("names the families that have a build for the platform it was made on and none for this one", () => {
    expect(uncoveredFamilies(lockfile, "darwin", "arm64")).toEqual(["@turbo/"]);
    expect(uncoveredFamilies(lockfile, "darwin", "x64")).toEqual(["@next/swc", "@turbo/"]);
  });

  it("finds no gap on the platform it was made on, and none in what only another platform needs", () => {
    expect(uncoveredFamilies(lockfile, "linux", "x64")).toEqual([]);
  });
});

describe("installing", () => {
  it("keeps to the lockfile where it covers the platform, and says so and goes on without it where it doesn't", () => {
    const said = [];
    const progress = { line: (text) => said.push(text) };
    expect(flagsFor(progress, lockfile, { platform: "linux", arch: "x64" })).toEqual(["--frozen-lockfile"]);
    expect(said).toEqual([]);
    expect(flagsFor(progress, lockfile, { platform: "darwin", arch: "x64" })).toEqual(["--no-lockfile"]);
    expect(said).toEqual([expect.stringContaining("no darwin-x64 build of @next/swc, @turbo/: installing without it")]);
  });
});

describe("the lock of installing and building", () => {
  const file = join(mkdtempSync(join(tmpdir(), "lock-")), "bootstrap.pid");
  const other = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
  afterAll(() => other.kill());

  it.each([
    ["held by a process that runs", () => birthOf(other.pid), false],
    ["left by a process that is gone", () => "999999999 1", true],
    ["left under a number that a later process has", () => `${other.pid} 1`, true],
    ["left under this process's own number", () => `${process.pid} 1`, true],
    ["that is empty", () => "", true],
  ])("%s", (_, owner, isTaken) => {
    writeFileSync(file, owner());
    expect([take(file), take(file)]).toEqual([false, isTaken]);
    expect(readFileSync(file, "utf8")).toBe(isTaken ? birthOf(process.pid) : owner());
    rmSync(file);
  });
});

describe("what is built", () => {
  it("is current once it is built: nothing that building leaves behind and git doesn't keep is taken for a change", () => {
    const root = join(import.meta.dirname, "..");
    const ignored = execFileSync("git", ["ls-files", "--others", "--ignored", "--exclude-standard", "--directory", "packages", "apps", "tooling", "e2e", "bench"], {
      cwd: root,
      encoding: "utf8",
    });
    const left = ignored.split("\n").filter((path) => path !== "");
    expect(left).toContain("apps/console/next-env.d.ts");
    expect(left.filter((path) => !path.split("/").some(isLeftBehind))).toEqual([]);
  });
});

describe("the version of Node", () => {
  it.each(["18.20.4", "20.0.0", "20.18.3", "16.1.0"])("%s is refused by name", (version) => expect(nodeRefusal(version)).toContain(version));
  it.each(["20.19.0", "20.20.2", "22.1.0", "24.21.0"])("%s is accepted", (version) => expect(nodeRefusal(version)).toBeNull());
});

describe("the closing line", () => {
  const file = (status, ...tests) => ({ status, assertionResults: tests.map((each) => ({ status: each })) });

  it("counts the tests of the report", () => {
    expect(count({ numPassedTests: 3, numFailedTests: 1, testResults: [file("failed", "passed", "failed")] }, 1, 0)).toEqual({ passed: 3, failed: 1 });
    expect(count({ numPassedTests: 3, numFailedTests: 0, testResults: [file("passed", "passed")] }, 0, 0)).toEqual({ passed: 3, failed: 0 });
  });

  it("never says 0 failed where something went wrong outside a test", () => {
    expect(count({ numPassedTests: 3, numFailedTests: 0, testResults: [file("failed")] }, 1, 0).failed).toBe(1);
    expect(count({ numPassedTests: 3, numFailedTests: 0, testResults: [file("passed")] }, 1, 0).failed).toBe(1);
    expect(count(null, 0, 0).failed).toBe(1);
    expect(count({ numPassedTests: 3, numFailedTests: 0, testResults: [] }, 0, 1).failed).toBe(1);
  });
});

describe("what is run again", () => {
  const root = join(import.meta.dirname, "..");
  const ended = (name, status, ...tests) => ({ name: join(root, name), status, assertionResults: tests.map((each) => ({ status: each })) });
  const reportOf = (...testResults) => ({ numPassedTests: 0, numFailedTests: 0, testResults });

  it("is a file with processes that failed, and one whose worker ended before it said anything", () => {
    const report = reportOf(ended("e2e/src/a.test.ts", "failed", "failed"), ended("apps/api/test/b.int.test.ts", "passed", "passed"));
    expect(filesToRunAgain(report, ["apps/api/test/b.int.test.ts", "packages/db/src/c.int.test.ts"])).toEqual(["e2e/src/a.test.ts", "packages/db/src/c.int.test.ts"]);
  });

  it.each(["packages/audit/src/a.test.ts", "apps/api/test/a.prop.int.test.ts", "packages/phi/src/a.memory.test.ts"])("is nothing where %s failed, whatever else did", (name) => {
    expect(filesToRunAgain(reportOf(ended(name, "failed"), ended("e2e/src/a.test.ts", "failed")), [])).toEqual([]);
  });

  it("is nothing where many failed", () => {
    expect(filesToRunAgain(reportOf(...["a", "b", "c", "d", "e"].map((name) => ended(`e2e/src/${name}.test.ts`, "failed"))), [])).toEqual([]);
  });

  it("counts by how it ended then, with what had passed before", () => {
    const before = reportOf(ended("e2e/src/a.test.ts", "failed", "passed", "failed"), ended("b.test.ts", "passed", "passed"));
    const passed = withRunAgain(before, { testResults: [ended("e2e/src/a.test.ts", "passed", "passed", "passed")] });
    expect(count(passed, 0, 0)).toEqual({ passed: 3, failed: 0 });
    const failed = withRunAgain(before, { testResults: [ended("e2e/src/a.test.ts", "failed", "passed", "failed")] });
    expect(count(failed, 1, 0)).toEqual({ passed: 2, failed: 1 });
  });
});

it("an unknown command ends in 2 and says what there is", () => {
  const { status, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, "bootstrap.mjs"), "strat"], { encoding: "utf8" });
  expect(status).toBe(2);
  expect(stderr).toContain("npm start");
});
