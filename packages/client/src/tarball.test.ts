import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const root = resolve(import.meta.dirname, "..");
const tsc = resolve(root, "../../node_modules/typescript/bin/tsc");
const NO_REGISTRY = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ECONNRESET|ENETUNREACH/;

let project: string;
let isInstalled = false;
let note = "";

const run = (command: string, ...args: string[]): string => execFileSync(command, args, { cwd: project, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), "sallyport-outside-"));
  const tarball = run(process.execPath, join(root, "scripts/pack.mjs"), "--out", project).trim();
  writeFileSync(
    join(project, "package.json"),
    JSON.stringify({ name: "outside", private: true, type: "module", dependencies: { "@sallyport/client": `file:${tarball}` }, devDependencies: { "@types/node": "20.19.43" } }),
  );
  try {
    run("npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline");
    isInstalled = true;
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    if (!NO_REGISTRY.test(said)) throw error;
    note = "no registry can be reached";
  }
}, 180_000);
afterAll(() => rmSync(project, { recursive: true, force: true }));

/** Type-checks one file of the outside project strictly, our declarations included; answers what the compiler said. */
function check(file: string, source: string): string {
  mkdirSync(join(project, "src"), { recursive: true });
  writeFileSync(join(project, "src", file), source);
  const options = {
    target: "es2023",
    module: "nodenext",
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: true,
    noEmit: true,
    types: ["node"],
    rewriteRelativeImportExtensions: true,
  };
  writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions: options, files: [`src/${file}`] }));
  try {
    return run(process.execPath, tsc, "-p", project);
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}

test("the tarball's manifest names exact versions and nothing of this workspace", () => {
  const installed = join(project, "node_modules/@sallyport/client");
  const manifest = isInstalled
    ? readFileSync(join(installed, "package.json"), "utf8")
    : run("tar", "-xOzf", readdirSync(project).find((name) => name.endsWith(".tgz")) ?? "", "package/package.json");
  const { dependencies } = JSON.parse(manifest) as { dependencies: Record<string, string> };
  expect(manifest).not.toMatch(/workspace:|@sallyport\/(?!client)/);
  for (const version of Object.values(dependencies)) expect(version).toMatch(/^\d+\.\d+\.\d+$/);
  expect(Object.keys(dependencies)).toEqual(expect.arrayContaining(["@trpc/client", "undici"]));
});

test("the example type-checks against the installed tarball", (context) => {
  if (!isInstalled) return context.skip(`skipped: ${note}`);
  expect(check("read-subjects.ts", readFileSync(join(root, "example/read-subjects.ts"), "utf8"))).toBe("");
});

test("a wrong input, a wrong path and a wrong code don't type-check, so the types are more than any", (context) => {
  if (!isInstalled) return context.skip(`skipped: ${note}`);
  const said = check(
    "wrong.ts",
    [
      'import { connect, hasCode, procedures } from "@sallyport/client";',
      'const { api } = connect({ profile: "p" });',
      "void api.packets.release.mutate({ packetId: 7, reason: 'because of it' });",
      "void api.packets.destroy.mutate({});",
      "void api.subjects.list.query({}).then(({ total }) => total.toUpperCase());",
      'hasCode(null, "policy.perhaps");',
      'void procedures["subjects.forget"];',
    ].join("\n"),
  );
  for (const line of [3, 4, 5, 6, 7]) expect(said).toMatch(new RegExp(`wrong\\.ts\\(${line},`));
});

test("the installed package loads, and says what is wrong with a profile that isn't there", (context) => {
  if (!isInstalled) return context.skip(`skipped: ${note}`);
  const script =
    'import { connect, isDenial } from "@sallyport/client"; try { connect({ profile: "/nowhere" }); } catch (e) { console.log(e.code, isDenial(e), e instanceof Error); }';
  expect(run(process.execPath, "--input-type=module", "-e", script).trim()).toBe("setting.invalid false true");
});
