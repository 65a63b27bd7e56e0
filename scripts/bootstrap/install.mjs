import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { uncoveredFamilies } from "./lockfile-platform.mjs";
import { runStep } from "./processes.mjs";
import { root, stamps } from "./root.mjs";

const stamp = join(stamps, "installed");
const read = (path) => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
};
const wanted = () => {
  const hash = createHash("sha256");
  for (const name of ["pnpm-lock.yaml", "pnpm-workspace.yaml", "package.json"]) hash.update(read(join(root, name)));
  return hash.update(`${process.version} ${process.platform} ${process.arch}`).digest("hex");
};

/** Whether what the lockfile names was installed by this Node on this platform. */
export const isInstalled = () => read(stamp) === wanted();

/** The exact package manager, as package.json names it. */
export const packageManager = () => JSON.parse(read(join(root, "package.json"))).packageManager;

/** Installs what the lockfile names, or says why it can't keep to the lockfile and goes on without. */
export async function install(progress) {
  const code = await attempt(progress, flagsFor(progress, read(join(root, "pnpm-lock.yaml")), process));
  if (code !== 0) return code;
  mkdirSync(stamps, { recursive: true });
  writeFileSync(stamp, wanted());
  return 0;
}

/** How to install on a platform: by the lockfile, or, where it doesn't cover that one, without, which is said. */
export function flagsFor(progress, lockfile, { platform, arch }) {
  const gaps = uncoveredFamilies(lockfile, platform, arch);
  if (gaps.length === 0) return ["--frozen-lockfile"];
  progress.line(`the lockfile holds no ${platform}-${arch} build of ${gaps.join(", ")}: installing without it, by the exact versions in each package.json`);
  return ["--no-lockfile"];
}

function attempt(progress, flags) {
  let failure = "";
  return progress
    .phase("install", async () => {
      const { code, output } = await runStep("npx", ["--yes", packageManager(), "install", ...flags]);
      failure = code === 0 ? "" : output;
      return code;
    })
    .then(async (code) => {
      if (code === 0) return 0;
      if (flags.includes("--frozen-lockfile") && /OUTDATED_LOCKFILE/.test(failure)) {
        progress.line("the lockfile does not match package.json: installing by package.json instead");
        return attempt(progress, ["--no-frozen-lockfile"]);
      }
      process.stderr.write(failure);
      return code;
    });
}
