import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { brotliDecompressSync } from "node:zlib";
import { type Browser, chromium } from "playwright-core";
import { run } from "./program.ts";

/** The package's own arguments switch web security off, which would make every test here meaningless; these are ours. */
const ARGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const SYSTEM = process.env["SALLYPORT_CHROMIUM"];

/** Why no browser can be had on this machine, or null. */
export const noBrowser: string | null =
  SYSTEM !== undefined || (process.platform === "linux" && process.arch === "x64")
    ? null
    : "no browser: the packed Chromium is for Linux x64 only; name another in SALLYPORT_CHROMIUM";

/** Starts a Chromium: the one that SALLYPORT_CHROMIUM names, or the one that the lockfile brings, with the libraries that come with it. */
export async function launchBrowser(): Promise<Browser> {
  if (SYSTEM !== undefined) return await chromium.launch({ executablePath: SYSTEM, args: ARGS });
  const folder = await unpacked();
  return await chromium.launch({
    executablePath: join(folder, "chromium"),
    args: ARGS,
    env: { PATH: process.env["PATH"] ?? "", HOME: folder, LD_LIBRARY_PATH: join(folder, "lib") },
  });
}

/** The browser's folder in this package's own cache; unpacked whole or not at all. */
async function unpacked(): Promise<string> {
  const root = dirname(dirname(dirname(createRequire(import.meta.url).resolve("@sparticuz/chromium"))));
  const packed = existsSync(join(root, "bin")) ? join(root, "bin") : join(dirname(createRequire(import.meta.url).resolve("@sparticuz/chromium")), "../bin");
  const cache = resolve(import.meta.dirname, "../../node_modules/.cache");
  const folder = join(cache, "chromium-153.0.0");
  if (existsSync(folder)) return folder;
  mkdirSync(cache, { recursive: true });
  const fresh = mkdtempSync(join(cache, "unpacking-"));
  const open = (name: string): Buffer => brotliDecompressSync(readFileSync(join(packed, name)));
  writeFileSync(join(fresh, "chromium"), open("chromium.br"), { mode: 0o755 });
  for (const name of ["al2023", "swiftshader"]) {
    writeFileSync(join(fresh, `${name}.tar`), open(`${name}.tar.br`));
    const { code, stderr } = await run("tar", ["-xf", join(fresh, `${name}.tar`), "-C", fresh]);
    if (code !== 0) throw new Error(`${name} can't be unpacked: ${stderr}`);
    rmSync(join(fresh, `${name}.tar`));
  }
  try {
    renameSync(fresh, folder);
  } catch (error) {
    // Another worker was first.
    rmSync(fresh, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
  return folder;
}
