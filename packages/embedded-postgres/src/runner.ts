import { spawnSync } from "node:child_process";
import { chownSync, lchownSync, lstatSync, readdirSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { SallyportError } from "@sallyport/errors";

/** As whom PostgreSQL runs; it refuses to run as root. */
export interface Runner {
  readonly kind: "self" | "nobody" | "namespace";
  /** Put before the command. */
  readonly prefix: readonly string[];
  /** For `spawn`; empty where the process keeps our ids. */
  readonly ids: { readonly uid?: number; readonly gid?: number };
  /** Who owns the cluster's files, seen from here. */
  readonly owner: { readonly uid: number; readonly gid: number };
}

/** The whole environment of PostgreSQL and of what starts it. */
export const BARE_ENV: Readonly<Record<string, string>> = { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C", TZ: "UTC" };

const NAMESPACE = ["unshare", "--user", "--map-user=65534", "--map-group=65534"] as const;

/**
 * Chooses as whom PostgreSQL runs: as we do; or, where we are root, as `nobody` if it can reach the programs and the
 * folder; or else in a user namespace in which we are not root.
 * @throws SallyportError `setting.invalid` naming `SALLYPORT_HOME` where none of these is possible.
 */
export function chooseRunner(postgres: string, folder: string): Runner {
  const uid = process.getuid?.() ?? -1;
  const gid = process.getgid?.() ?? -1;
  if (uid !== 0) return { kind: "self", prefix: [], ids: {}, owner: { uid, gid } };
  const nobody = { uid: numericId("-u"), gid: numericId("-g") };
  if (ancestorsOpen(folder) && runs([], postgres, nobody)) return { kind: "nobody", prefix: [], ids: nobody, owner: nobody };
  if (runs(NAMESPACE, postgres, {})) return { kind: "namespace", prefix: NAMESPACE, ids: {}, owner: { uid, gid } };
  throw new SallyportError("setting.invalid", {
    setting: "SALLYPORT_HOME",
    reason: "PostgreSQL does not run as root, and another user can't enter this folder or the one of the programs",
    remedy: "start as an ordinary user, or put both below folders that others may enter (chmod o+x)",
  });
}

/** Whether every folder above (and not including) `path` lets other users through. */
export function ancestorsOpen(path: string): boolean {
  for (let at = dirname(resolve(path)); ; at = dirname(at)) {
    if ((statSync(at).mode & 0o001) === 0) return false;
    if (at === dirname(at)) return true;
  }
}

/** Gives a folder and all in it to the runner's user. The folder itself changes hands last, so that a cut-off run is repeated. */
export function giveTo(folder: string, owner: Runner["owner"]): void {
  const found = lstatSync(folder);
  if (found.uid === owner.uid && found.gid === owner.gid) return;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) lchownSync(join(entry.parentPath, entry.name), owner.uid, owner.gid);
  chownSync(folder, owner.uid, owner.gid);
}

function numericId(flag: "-u" | "-g"): number {
  const id = Number(spawnSync("id", [flag, "nobody"], { env: BARE_ENV, encoding: "utf8" }).stdout);
  return Number.isInteger(id) && id > 0 ? id : 65534;
}

function runs(prefix: readonly string[], postgres: string, ids: Runner["ids"]): boolean {
  const [command, ...args] = [...prefix, postgres, "--version"];
  return spawnSync(command ?? postgres, args, { ...ids, env: BARE_ENV, cwd: "/", stdio: "ignore" }).status === 0;
}
