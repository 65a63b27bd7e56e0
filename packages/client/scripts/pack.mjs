import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { bundleCode } from "./bundle-code.mjs";
import { copyTypes } from "./copy-types.mjs";

// Packs @sallyport/client for use outside this repository: one module with our own packages inside, their declarations
// beside it, and exact versions of everything else. Prints the tarball's path.

const root = resolve(import.meta.dirname, "..");
const { values } = parseArgs({ options: { out: { type: "string", default: root } } });
const out = resolve(values.out);
const stage = mkdtempSync(join(tmpdir(), "sallyport-pack-"));

try {
  mkdirSync(out, { recursive: true });
  const own = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const code = await bundleCode(join(root, "dist/index.js"), join(stage, "dist/index.js"));
  const types = copyTypes(join(root, "dist/index.d.ts"), join(stage, "dist/types"));
  cpSync(join(root, "README.md"), join(stage, "README.md"));

  const dependencies = Object.fromEntries([...new Map([...code.versions, ...types.versions])].sort(([a], [b]) => (a < b ? -1 : 1)));
  const manifest = {
    name: own.name,
    version: own.version,
    description: own.description,
    license: own.license,
    type: "module",
    engines: { node: ">=20.19" },
    exports: { ".": { types: `./dist/types/${types.entry}`, default: "./dist/index.js" } },
    files: ["dist"],
    sideEffects: false,
    dependencies,
    peerDependencies: { "@types/node": ">=20" },
    peerDependenciesMeta: { "@types/node": { optional: true } },
  };
  writeFileSync(join(stage, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  const [packed] = JSON.parse(execFileSync("npm", ["pack", "--json", "--pack-destination", out], { cwd: stage, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }));
  process.stdout.write(`${join(out, packed.filename)}\n`);
} finally {
  rmSync(stage, { recursive: true, force: true });
}
