import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, lchownSync, lstatSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { ancestorsOpen } from "@sallyport/embedded-postgres";
import type { Home } from "./home.ts";

/** The processes that the supervisor keeps beside Postgres. */
export type ProcessName = "custodian" | "api" | "console" | "egress";

/** Who a process runs as and owns its files as. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** As root, a user of its own for each zone; otherwise one user for all, and why. */
export type Owners = { readonly kind: "separate"; readonly of: Readonly<Record<ProcessName, Owner>> } | { readonly kind: "one"; readonly warning: string | null };

/** Numbers that no distribution gives to people or packages; they need no entry in /etc/passwd. */
export const ZONE_UIDS: Readonly<Record<ProcessName, number>> = { custodian: 61_801, api: 61_802, console: 61_803, egress: 61_804 };

const COST = "all processes run as root, so a break-in into one of them reaches the keys and secrets of the others";

/**
 * Decides as whom the processes run. Separate users need root, a home that others may pass through, and code that
 * others may read; `entries` are the programs that must be readable.
 */
export function chooseOwners(home: Home, entries: readonly string[]): Owners {
  if (process.geteuid?.() !== 0) return { kind: "one", warning: null };
  if (!ancestorsOpen(home.root)) return { kind: "one", warning: `${COST}: SALLYPORT_HOME is below a folder that other users can't enter` };
  const uid = ZONE_UIDS.api;
  const check = spawnSync(process.execPath, ["-e", "for (const path of process.argv.slice(1)) require('node:fs').accessSync(path)", ...entries], {
    uid,
    gid: uid,
    cwd: "/",
    env: {},
    stdio: "ignore",
  });
  if (check.status !== 0) return { kind: "one", warning: `${COST}: other users can't read Node.js or Sallyport's code` };
  return { kind: "separate", of: { custodian: ownerOf("custodian"), api: ownerOf("api"), console: ownerOf("console"), egress: ownerOf("egress") } };
}

const ownerOf = (name: ProcessName): Owner => ({ uid: ZONE_UIDS[name], gid: ZONE_UIDS[name] });

/** The ids of one process, or undefined where all share ours. */
export const ownerFor = (owners: Owners, name: ProcessName): Owner | undefined => (owners.kind === "separate" ? owners.of[name] : undefined);

/**
 * Gives each process its folders, and lets the processes pass through the folders above them without seeing what
 * else is there. Also takes back what was given, where a later start runs all as one user.
 */
export function applyOwners(home: Home, owners: Owners): void {
  const passage = owners.kind === "separate" ? 0o711 : 0o700;
  for (const path of [home.root, home.identity, home.secrets]) chmodSync(path, passage);
  const self: Owner = { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 };
  give(home.custodian, ownerFor(owners, "custodian") ?? self);
  give(home.spool, ownerFor(owners, "api") ?? self);
  for (const name of ["custodian", "api", "console", "egress"] as const) {
    const folder = join(home.identity, name);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    give(folder, ownerFor(owners, name) ?? self);
  }
}

function give(folder: string, owner: Owner): void {
  const facts = lstatSync(folder);
  if (facts.uid === owner.uid && facts.gid === owner.gid) return;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) lchownSync(join(entry.parentPath, entry.name), owner.uid, owner.gid);
  chownSync(folder, owner.uid, owner.gid);
}
