import { readdirSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { certificateFiles } from "../certificate-file.ts";
import { error, type Finding, ok, warning } from "./finding.ts";

const OTHERS = 0o077;
const OTHERS_WRITE = 0o022;

/** Whether the home and every key and secret in it are for their owners alone. */
export function checkPermissions(home: string): readonly Finding[] {
  const findings: Finding[] = [];
  if ((statSync(home).mode & OTHERS_WRITE) !== 0) findings.push(error("permissions", `others may write to ${home}`, `chmod go-w ${home}`));
  for (const file of secretFiles(home)) {
    if ((statSync(file).mode & OTHERS) !== 0)
      findings.push(error("permissions", `${relative(home, file)} can be read by others`, `chmod 600 ${file}, and replace it: it may have been read`));
  }
  return findings.length > 0 ? findings : [ok("permissions", "keys and secrets are for their owners alone")];
}

/** Private keys, database URLs and the root key; folders of other users, which can't be listed, hide theirs by that. */
function secretFiles(home: string): readonly string[] {
  const keys = ["identity", "profiles"].flatMap((kind) => list(join(home, kind)).map((name) => join(home, kind, name, "key.pem")));
  const secrets = list(join(home, "secrets")).map((name) => join(home, "secrets", name));
  return [...keys, ...secrets, join(home, "custodian", "root.key")].filter(isFile);
}

/** How far the certificates are: the supervisor renews them at two thirds of their life. */
export function checkCertificates(home: string, nowMs: number): readonly Finding[] {
  const files = [...certificateFiles(home, "identity"), ...certificateFiles(home, "profiles")].filter(({ life }) => life !== null);
  const findings = files.flatMap(({ name, life }) => (life === null ? [] : certificateFinding(name, life, nowMs)));
  if (files.length === 0) return [warning("certificates", "there are none yet", "start Sallyport with npm start")];
  return findings.length > 0 ? findings : [ok("certificates", `${files.length} certificates are in date`)];
}

/** A twentieth of a life beyond the two thirds, before a renewal counts as overdue. */
const OVERDUE_SHARE = 2 / 3 + 1 / 20;

function certificateFinding(name: string, { fromMs, untilMs }: { readonly fromMs: number; readonly untilMs: number }, nowMs: number): readonly Finding[] {
  const until = new Date(untilMs).toISOString();
  if (nowMs >= untilMs) return [error("certificates", `${name} expired at ${until}`, "start Sallyport: the supervisor enrols it again")];
  if (nowMs < fromMs) return [error("certificates", `${name} is not valid before ${new Date(fromMs).toISOString()}`, "set this machine's clock")];
  if (nowMs >= fromMs + (untilMs - fromMs) * OVERDUE_SHARE)
    return [warning("certificates", `the renewal of ${name} is overdue; it ends at ${until}`, "check that the supervisor and the custodian are running")];
  return [];
}

const ZONE_PROCESSES = ["custodian", "api", "console", "egress"] as const;

/** Whether each zone's process has a user of its own, by who owns its identity. */
export function checkUsers(home: string, ownerOf = uidOf): Finding {
  const uids = ZONE_PROCESSES.map((name) => ownerOf(join(home, "identity", name))).filter((uid) => uid !== null);
  if (uids.length < ZONE_PROCESSES.length) return warning("users", "it can't be told yet as which users the processes run", "start Sallyport once");
  const users = new Set(uids);
  if (users.size === uids.length) return ok("users", "each zone's process runs as a user of its own");
  const shared = [...users].map((uid) => ZONE_PROCESSES.filter((_, at) => uids[at] === uid)).filter(({ length }) => length > 1);
  const who =
    users.size > 1 ? shared.map((names) => `${names.join(" and ")} share a user`).join(", ") : users.has(0) ? "all processes run as root" : "all processes run as one user";
  return warning(
    "users",
    `${who}: a break-in into one of them reaches the keys and secrets of the others`,
    "start as root on a home that other users may pass through, so that each zone gets a user of its own",
  );
}

function uidOf(path: string): number | null {
  return statSync(path, { throwIfNoEntry: false })?.uid ?? null;
}

function list(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

/** A file that can't be looked at is one that others can't read either. */
function isFile(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
  } catch {
    return false;
  }
}
