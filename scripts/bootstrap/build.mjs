import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { packageManager } from "./install.mjs";
import { runStep } from "./processes.mjs";
import { root, stamps } from "./root.mjs";

const stamp = join(stamps, "built");
const WORKSPACES = ["packages", "apps", "tooling"];
const SINGLE = ["e2e", "bench"];
/** What installing, building and testing leave behind: a build that found its own traces to be changes would never be current. */
const OUTPUTS = new Set(["node_modules", "dist", ".next", "next-env.d.ts", ".turbo", ".cache", "coverage", "test-results"]);

/** Whether every workspace's output is there and no source was touched since. */
export function isBuilt() {
  try {
    return readFileSync(stamp, "utf8") === fingerprint() && folders().every(hasOutput);
  } catch {
    return false;
  }
}

/** Builds what is not current, through turbo and its cache; shows its output only if it fails. */
export async function build(progress) {
  const before = fingerprint();
  let output = "";
  const code = await progress.phase("build", async () => {
    const turbo = "node_modules/.bin/turbo run build --output-logs=errors-only --ui=stream --log-order=grouped";
    const result = await runStep("npx", ["--yes", `--package=${packageManager()}`, "-c", turbo]);
    output = result.output;
    return result.code;
  });
  if (code !== 0) {
    process.stderr.write(output);
    return code;
  }
  mkdirSync(stamps, { recursive: true });
  writeFileSync(stamp, before);
  return 0;
}

function folders() {
  const nested = WORKSPACES.filter((name) => existsSync(join(root, name))).flatMap((name) => readdirSync(join(root, name)).map((child) => join(name, child)));
  return [...nested, ...SINGLE].filter((name) => existsSync(join(root, name, "package.json")));
}

function hasOutput(folder) {
  const { scripts } = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));
  return scripts?.build === undefined || existsSync(join(root, folder, "dist")) || existsSync(join(root, folder, ".next"));
}

function fingerprint() {
  const hash = createHash("sha256");
  for (const name of ["package.json", "pnpm-lock.yaml", "turbo.json"]) note(hash, name);
  for (const folder of folders()) walk(hash, folder);
  return hash.digest("hex");
}

/** Whether a file or folder of this name says nothing of whether the build is current. */
export const isLeftBehind = (name) => OUTPUTS.has(name) || name.includes(".test.");

function walk(hash, folder) {
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    if (isLeftBehind(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) walk(hash, path);
    else if (entry.isFile()) note(hash, path);
  }
}

function note(hash, path) {
  const { size, mtimeMs } = statSync(join(root, path));
  hash.update(`${path} ${size} ${mtimeMs}\n`);
}
