import { resolve } from "node:path";
import { rootWrapperOf, type RootWrapper } from "@sallyport/custody/roots";

/** What the command line takes from its surroundings. */
export interface Settings {
  /** The deployment's folder, absolute. */
  readonly home: string;
  /** Where the user stood: npm runs scripts in the package's root, and says in INIT_CWD where it was called. */
  readonly workingDir: string;
  /** The repository's root, where npm runs scripts. */
  readonly repoRoot: string;
  /** The custodian's root key, where it isn't the file in its folder. Asked for by what needs it alone. @throws `setting.invalid`. */
  readonly rootWrapper: () => RootWrapper | null;
}

/** Reads SALLYPORT_ROOT_KEY and its like when they are needed, SALLYPORT_HOME (default `.sallyport`, from the repository's root as at the start) and INIT_CWD. */
export function readSettings(environment: Readonly<Record<string, string | undefined>> = process.env, repoRoot = resolve(import.meta.dirname, "../../..")): Settings {
  const home = environment["SALLYPORT_HOME"];
  const workingDir = environment["INIT_CWD"];
  return {
    home: resolve(repoRoot, home === undefined || home.trim() === "" ? ".sallyport" : home),
    workingDir: workingDir === undefined || workingDir === "" ? process.cwd() : workingDir,
    repoRoot,
    rootWrapper: () => rootWrapperOf(environment),
  };
}
