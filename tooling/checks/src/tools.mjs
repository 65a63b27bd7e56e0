import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ROOT } from "./tree.mjs";

const ENV = { ...process.env, TURBO_TELEMETRY_DISABLED: "1", TURBO_NO_UPDATE_NOTIFIER: "1", DO_NOT_TRACK: "1", FORCE_COLOR: "0" };

/** Runs a program; answers its exit code and everything that it printed. */
function run(file, args, cwd = ROOT) {
  return new Promise((resolve) => {
    execFile(file, args, { cwd, env: ENV, maxBuffer: 1 << 26 }, (error, stdout, stderr) => resolve({ code: error === null ? 0 : (error.code ?? 1), text: `${stdout}${stderr}` }));
  });
}

const bin = (name) => join(ROOT, "node_modules/.bin", name);
const tail = ({ text }) => text.split("\n").filter((line) => line.trim() !== "");

export const lint = {
  name: "lint: oxlint, type-aware, no warnings",
  async run() {
    const result = await run(bin("oxlint"), ["--type-aware", "--deny-warnings"]);
    return result.code === 0 ? [] : tail(result);
  },
  async canary() {
    const planted = join(ROOT, "tooling/checks/canaries/lint");
    const config = join(ROOT, ".oxlintrc.json");
    const folder = mkdtempSync(join(ROOT, "tooling/checks/.canary-"));
    try {
      cpSync(planted, folder, { recursive: true });
      const result = await run(bin("oxlint"), ["--type-aware", "--deny-warnings", "-c", config, folder]);
      return result.code !== 0 && /no-floating-promises/.test(result.text) ? null : "a floating promise";
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

export const format = {
  name: "format: biome",
  async run() {
    const result = await run(bin("biome"), ["format"]);
    return result.code === 0 ? [] : tail(result);
  },
  async canary() {
    const folder = mkdtempSync(join(ROOT, "tooling/checks/src/planted-"));
    try {
      writeFileSync(join(folder, "planted.mjs"), "export const  planted = 'two spaces and the wrong quotes'\n");
      const result = await run(bin("biome"), ["format", folder]);
      return result.code !== 0 && /planted/.test(result.text) ? null : "a file that is formatted otherwise";
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

const { packageManager } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
const turbo = (cwd) => run("npx", ["--yes", packageManager, "exec", bin("turbo"), "boundaries"], cwd);

export const packageGraph = {
  name: "boundaries: the package graph (turbo)",
  async run() {
    const result = await turbo(ROOT);
    return result.code === 0 ? [] : tail(result);
  },
  /** Two packages with our own tags, where the inner one imports the outer one. */
  async canary() {
    const folder = mkdtempSync(join(tmpdir(), "boundary-canary-"));
    const write = (path, text) => {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    };
    try {
      const { boundaries } = JSON.parse(readFileSync(join(ROOT, "turbo.json"), "utf8"));
      write("package.json", JSON.stringify({ name: "canary", private: true, packageManager }));
      write("pnpm-workspace.yaml", "packages: [packages/*]\npmOnFail: ignore\n");
      write("turbo.json", JSON.stringify({ tasks: {}, boundaries }));
      const planted = [
        { name: "inner", tag: "kernel", dependencies: { outer: "workspace:*" } },
        { name: "outer", tag: "adapter", dependencies: {} },
      ];
      for (const { name, tag, dependencies } of planted) {
        write(`packages/${name}/package.json`, JSON.stringify({ name, version: "0.0.0", private: true, dependencies }));
        write(`packages/${name}/turbo.json`, JSON.stringify({ extends: ["//"], tags: [tag] }));
      }
      write("packages/inner/src/index.ts", 'export { x } from "outer";\n');
      write("packages/outer/src/index.ts", "export const x = 1;\n");
      await run("git", ["init", "-q"], folder);
      const result = await turbo(folder);
      return result.code !== 0 && /tag|boundar/i.test(result.text) ? null : "a kernel package that imports an adapter";
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

export const unused = {
  name: "unused: no dead file, export or dependency (knip)",
  async run() {
    const result = await run(bin("knip"), ["--no-progress"]);
    return result.code === 0 ? [] : tail(result);
  },
  async canary() {
    const planted = join(ROOT, "packages/errors/src/planted-for-knip.ts");
    try {
      writeFileSync(planted, "export const nobody = 1;\n");
      const result = await run(bin("knip"), ["--no-progress", "--include", "files"]);
      return result.text.includes("planted-for-knip") ? null : "a file that nobody imports";
    } finally {
      rmSync(planted, { force: true });
    }
  },
};
