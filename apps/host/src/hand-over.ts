import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Home } from "./home.ts";
import { writePrivate } from "./private-file.ts";
import { databaseUrlFile } from "./process-environment.ts";
import { ownerFor, type Owners } from "./process-owners.ts";

/** The processes that run in containers of their own where the custodian has one. */
const OTHERS = ["api", "console", "egress"] as const;

const trustDomainFile = (home: Home, name: (typeof OTHERS)[number]): string => join(home.identity, name, "trust-domain");
const handedUrlFile = (home: Home): string => join(home.identity, "api", "database-url");

/**
 * Puts beside the identity of each process what else it has to be told, so that one folder is all that its container mounts:
 * `trust-domain`, and for the api `database-url`. That they are there says that the deployment is founded and its database ready.
 */
export function handOver(home: Home, trustDomain: string, owners: Owners): void {
  handUrl(home, owners, "first");
  for (const name of OTHERS) writePrivate(trustDomainFile(home, name), trustDomain, ownerFor(owners, name));
}

/** Hands the api its database URL; `anew`: where an earlier one was handed over, and is still there. */
export function handUrl(home: Home, owners: Owners, when: "first" | "anew"): void {
  const file = handedUrlFile(home);
  if (when === "first" || existsSync(file)) writePrivate(file, readFileSync(databaseUrlFile(home, "api"), "utf8"), ownerFor(owners, "api"));
}

/** Takes away what an earlier start handed over, until the database is ready again. An api that runs keeps what it has. */
export function takeBack(home: Home): void {
  for (const file of [handedUrlFile(home), ...OTHERS.map((name) => trustDomainFile(home, name))]) rmSync(file, { force: true });
}
