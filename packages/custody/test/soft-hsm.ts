import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const PLACES = [
  "/usr/lib/softhsm/libsofthsm2.so",
  "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
  "/usr/local/lib/softhsm/libsofthsm2.so",
  "/opt/homebrew/lib/softhsm/libsofthsm2.so",
];
const INSTALL_MS = 120_000;

const library = (): string | null => PLACES.find((path) => existsSync(path)) ?? null;

/** Has apt do this as root, which this process is, or may become without being asked for a password. */
function apt(...args: readonly string[]): boolean {
  const [command = "", ...rest] = [...(process.geteuid?.() === 0 ? [] : ["sudo", "-n"]), "apt-get", ...args];
  const { status } = spawnSync(command, rest, { stdio: "ignore", timeout: INSTALL_MS, env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } });
  return status === 0;
}

function installed(): string | null {
  const isThere = library();
  if (isThere !== null) return isThere;
  const install = (): boolean => apt("install", "-y", "--no-install-recommends", "softhsm2");
  // An image may come without lists of packages, or with old ones.
  if (!install() && apt("update")) install();
  return library();
}

function addonBuilt(): boolean {
  const { status } = spawnSync(process.execPath, [join(import.meta.dirname, "../build-pkcs11.mjs")], { stdio: "ignore", timeout: INSTALL_MS });
  return status === 0 && existsSync(join(dirname(createRequire(import.meta.url).resolve("pkcs11js/package.json")), "build/Release/pkcs11.node"));
}

const module = installed();
/** Why there is no SoftHSM here that the adapter could use, or null. */
export const noSoftHsm: string | null = module === null ? "no SoftHSM2, and it can't be installed by apt" : addonBuilt() ? null : "the addon pkcs11js can't be built here";

export interface SoftHsm {
  readonly module: string;
  readonly pin: string;
  readonly folder: string;
  close(): void;
}

/** Tokens of these labels in a folder of their own. SoftHSM reads its configuration by the environment, once a process. */
export function softHsm(tokens: readonly string[]): SoftHsm {
  const folder = mkdtempSync(join(tmpdir(), "softhsm-"));
  mkdirSync(join(folder, "tokens"));
  writeFileSync(join(folder, "softhsm2.conf"), `directories.tokendir = ${join(folder, "tokens")}\nobjectstore.backend = file\nlog.level = ERROR\n`);
  process.env["SOFTHSM2_CONF"] = join(folder, "softhsm2.conf");
  const pin = "4711-secret-pin";
  for (const label of tokens) {
    const { status, stderr } = spawnSync("softhsm2-util", ["--init-token", "--free", "--label", label, "--pin", pin, "--so-pin", "0815-so-pin"], { encoding: "utf8" });
    if (status !== 0) throw new Error(stderr);
  }
  const close = (): void => {
    // The library is the process's, which may go on with another file of tests and another configuration.
    const { PKCS11 } = createRequire(import.meta.url)("pkcs11js") as typeof import("pkcs11js");
    const used = new PKCS11();
    used.load(module ?? "");
    try {
      used.C_Finalize();
    } catch {
      // Nobody used it.
    }
    rmSync(folder, { recursive: true, force: true });
  };
  return { module: module ?? "", pin, folder, close };
}
