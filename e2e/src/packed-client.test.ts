import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { items } from "@sallyport/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startFounded } from "./support/founded.ts";
import { Product } from "./support/product.ts";
import { Program, ROOT, run } from "./support/program.ts";

const NO_REGISTRY = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ECONNRESET|ENETUNREACH|ENOTCACHED/;
const TSC = join(ROOT, "node_modules/typescript/bin/tsc");
const EXAMPLE = join(ROOT, "packages/client/example/read-subjects.ts");

/**
 * A program of a user's: uploads files while the api comes and goes. The client sends a call again by itself, but not for ever; where
 * it says that the outcome is unknown or that nobody answers, the program repeats the call with the same key.
 */
const UPLOADER = `
import { readFileSync } from "node:fs";
import { connect, hasCode } from "@sallyport/client";
const [profile, file] = process.argv.slice(2);
const sallyport = connect({ profile });
const content = readFileSync(file, "utf8");
for (let n = 0; n < 40; n += 1) {
  const context = { idempotencyKey: "outside-upload-" + String(n).padStart(4, "0"), deadlineMs: 30_000 };
  for (;;) {
    try {
      const { packetId } = await sallyport.api.packets.upload.mutate({ study: "SYN-001", content }, { context });
      process.stdout.write(packetId + "\\n");
      break;
    } catch (error) {
      if (!hasCode(error, "connection.lost") && !hasCode(error, "connection.refused") && error.status !== 503) throw error;
    }
  }
}
await sallyport.close();
`;

let product: Product;
let project = "";
let missing: string | null = null;

beforeAll(async () => {
  project = mkdtempSync(join(tmpdir(), "sallyport-outside-"));
  const { stdout } = await run(process.execPath, [join(ROOT, "packages/client/scripts/pack.mjs"), "--out", project], { env: { HOME: project } });
  const tarball = stdout.trim();
  writeFileSync(
    join(project, "package.json"),
    JSON.stringify({ name: "outside", private: true, type: "module", dependencies: { "@sallyport/client": `file:${tarball}` }, devDependencies: { "@types/node": "20.19.43" } }),
  );
  const installed = await run("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline"], { cwd: project, env: npmEnvironment() });
  if (installed.code !== 0) {
    if (!NO_REGISTRY.test(installed.stderr)) throw new Error(installed.stderr);
    missing = "no registry can be reached";
    return;
  }
  product = await startFounded();
}, 300_000);
afterAll(async () => {
  if (missing === null) await product.remove();
  rmSync(project, { recursive: true, force: true });
}, 120_000);

/** npm's own settings of this machine: where its registry and cache are. */
const npmEnvironment = (): Record<string, string> =>
  Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      value !== undefined && (/^npm_config_/i.test(name) || ["HOME", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"].includes(name))
        ? [[name, value]]
        : [],
    ),
  );

test("the example type-checks and runs in an empty project, against the running product", async (context) => {
  if (missing !== null) return context.skip(`skipped: ${missing}`);
  cpSync(EXAMPLE, join(project, "read-subjects.ts"));
  const options = { target: "es2023", module: "nodenext", strict: true, exactOptionalPropertyTypes: true, skipLibCheck: true, types: ["node"], outDir: "out" };
  writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions: options, files: ["read-subjects.ts"] }));
  const compiled = await run(process.execPath, [TSC, "-p", project], { cwd: project });
  expect(compiled.stdout).toBe("");
  const ended = await run(process.execPath, ["out/read-subjects.js", product.profile("engineer"), "SYN-001"], { cwd: project });
  expect([ended.code, ended.stderr]).toEqual([0, ""]);
  expect(ended.stdout.trim().split("\n").sort()).toEqual(["101\t8", "102\t8", "103\t8"]);
}, 120_000);

test("changes that it sends while the api is killed with -9 have one effect each", async (context) => {
  if (missing !== null) return context.skip(`skipped: ${missing}`);
  const { demoDataset } = await import("@sallyport/app-host/synthetic-study");
  writeFileSync(join(project, "upload.mjs"), UPLOADER);
  writeFileSync(join(project, "DM.json"), demoDataset());
  const uploader = new Program(process.execPath, ["upload.mjs", product.profile("engineer"), "DM.json"], { cwd: project });
  const steward = product.connect("steward");
  const uploaded = async (): Promise<readonly string[]> => {
    const ids: string[] = [];
    for await (const { packetId, ingestedBy } of items(steward.api.packets.list.query, { study: "SYN-001", limit: 100 })) if (ingestedBy === "svc_engineer") ids.push(packetId);
    return ids.sort();
  };
  for (let crash = 0; crash < 3; crash += 1) {
    await uploader.says(new RegExp(`(?:pkt_\\w+\\n){${crash * 8 + 4}}`), 60_000);
    await product.crash("api");
  }
  const { code, stdout, stderr } = await uploader.ended;
  expect([code, stderr]).toEqual([0, ""]);
  const answered = stdout.trim().split("\n");
  expect(new Set(answered).size).toBe(40);
  expect(await uploaded()).toEqual(answered.toSorted());
  await steward.close();
}, 240_000);

test("the README's tour works as it is pasted", async (context) => {
  if (missing !== null) return context.skip();
  const readme = readFileSync(join(ROOT, "README.md"), "utf8");
  const [, tour = ""] = /## A tour\n[\s\S]*?```sh\n([\s\S]*?)```/.exec(readme) ?? [];
  cpSync(join(ROOT, "docs/examples"), join(product.folder, "docs/examples"), { recursive: true });
  // Built already, so what npm would run is run at once; each command's code is told beside its own output.
  const shell = `npm() { shift 4; "${process.execPath}" "${join(ROOT, "apps/cli/dist/main.js")}" "$@"; echo "exit $?" >&2; }\n${tour}`;
  const { code, stderr, stdout } = await run("bash", ["-c", shell], { cwd: product.folder, env: { SALLYPORT_HOME: product.home, INIT_CWD: product.folder } });
  expect(code).toBe(0);
  // The same service can't release; all else is done.
  expect(stderr.match(/^exit \d$/gm)).toEqual(Array.from({ length: (tour.match(/npm run -s sallyport/g) ?? []).length }, (_, at) => `exit ${at === 1 ? 3 : 0}`));
  expect(stdout).toContain("whole");
}, 120_000);
