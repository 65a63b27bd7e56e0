// Builds the addon pkcs11js, which is needed for SALLYPORT_ROOT_KEY=pkcs11 and for nothing else, with the node-gyp that npm brings. It needs a C++ compiler, make, Python
// and Node's headers: those that lie beside this Node are taken, and are downloaded otherwise.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const require = createRequire(import.meta.url);
let folder;
try {
  folder = dirname(require.resolve("pkcs11js/package.json"));
} catch {
  process.stderr.write("pkcs11js is not installed: an optional dependency was left out\n");
  process.exit(1);
}
if (existsSync(join(folder, "build/Release/pkcs11.node")) && !process.argv.includes("--again")) process.exit(0);
const prefix = dirname(dirname(process.execPath));
const gyp = [join(prefix, "lib/node_modules"), join(dirname(process.execPath), "node_modules")]
  .map((root) => join(root, "npm/node_modules/node-gyp/bin/node-gyp.js"))
  .find((path) => existsSync(path));
if (gyp === undefined) {
  process.stderr.write("there is no npm beside this Node, and with it no node-gyp\n");
  process.exit(1);
}
const headers = existsSync(join(prefix, "include/node/common.gypi")) ? [`--nodedir=${prefix}`] : [];
const { status, stderr } = spawnSync(process.execPath, [gyp, "rebuild", ...headers], { cwd: folder, stdio: ["ignore", "ignore", "pipe"], encoding: "utf8", timeout: 300_000 });
if (status !== 0) process.stderr.write(stderr);
process.exit(status ?? 1);
