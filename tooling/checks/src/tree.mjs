import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository's root. */
export const ROOT = join(dirname(fileURLToPath(import.meta.url)), "../../..");

/** The files that git tracks or would track, and how to read them; `overlay` puts planted files on top, for canaries. */
export function trackedTree() {
  const listed = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "-z"], { cwd: ROOT, maxBuffer: 1 << 26 });
  const files = [...new Set(listed.toString("utf8").split("\0"))].filter((path) => path !== "" && existsSync(join(ROOT, path))).toSorted();
  const read = new Map();
  return treeOf(files, (path) => {
    if (!read.has(path)) read.set(path, readFileSync(join(ROOT, path)));
    return read.get(path);
  });
}

function treeOf(files, bytesOf) {
  return {
    files,
    bytes: bytesOf,
    text: (path) => bytesOf(path).toString("utf8"),
    overlay: (planted) => treeOf([...new Set([...files, ...Object.keys(planted)])], (path) => (Object.hasOwn(planted, path) ? Buffer.from(planted[path]) : bytesOf(path))),
  };
}

/** Our own sources: TypeScript of packages and apps, without tests and generated files. */
export const isSource = (path) => /^(?:packages|apps)\/[^/]+\/(?:src|app)\/.*\.tsx?$/.test(path) && !/\.(?:test|spec)\.|\/testing\b|\.d\.ts$/.test(path);

/** A check over the files alone, with a canary made of planted files: the check must name each of them. */
export function treeCheck(name, run, planted) {
  return {
    name,
    run,
    async canary(tree) {
      for (const [path, text] of Object.entries(planted)) {
        const found = await run(tree.overlay({ [path]: text }));
        if (!found.some((violation) => violation.includes(path))) return path;
      }
      return null;
    },
  };
}

/** One violation for each line of each file that a rule matches. */
export function linesMatching(tree, applies, pattern, why) {
  return tree.files.filter(applies).flatMap((path) =>
    tree
      .text(path)
      .split("\n")
      .flatMap((line, at) => (pattern.test(line) ? [`${path}:${at + 1}: ${why}`] : [])),
  );
}
