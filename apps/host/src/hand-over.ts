import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Home } from "./home.ts";
import { writePrivate } from "./private-file.ts";
import { alertsFile, anchorsFile, databaseUrlFile, egressFile } from "./process-environment.ts";
import { ownerFor, type Owners } from "./process-owners.ts";

/** The processes that run in containers of their own where the custodian has one. */
const OTHERS = ["api", "console", "egress"] as const;

const trustDomainFile = (home: Home, name: (typeof OTHERS)[number]): string => join(home.identity, name, "trust-domain");
const handedUrlFile = (home: Home): string => join(home.identity, "api", "database-url");

/** What a process is told only where the operator has settled it. */
const plansOf = (home: Home) =>
  [
    { name: "api", kept: anchorsFile(home), handed: join(home.identity, "api", "anchors") },
    { name: "api", kept: alertsFile(home), handed: join(home.identity, "api", "alerts") },
    { name: "egress", kept: egressFile(home), handed: join(home.identity, "egress", "credentials") },
  ] as const;

/**
 * Puts beside the identity of each process what else it has to be told, so that one folder is all that its container mounts:
 * for the api `anchors` and `alerts` and for egress `credentials`, where they are settled; then for the api `database-url`, and `trust-domain`. That these two are there says that the deployment is founded and its database ready.
 */
export function handOver(home: Home, trustDomain: string, owners: Owners): void {
  for (const { name, kept, handed } of plansOf(home)) if (existsSync(kept)) writePrivate(handed, readFileSync(kept, "utf8"), ownerFor(owners, name));
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
  for (const file of [handedUrlFile(home), ...plansOf(home).map(({ handed }) => handed), ...OTHERS.map((name) => trustDomainFile(home, name))]) rmSync(file, { force: true });
}
