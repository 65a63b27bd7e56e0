import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SallyportError } from "@sallyport/errors";
import type { Binaries } from "./binaries.ts";
import { BARE_ENV, giveTo, type Runner } from "./runner.ts";

/** A cluster's files: `data/` is PostgreSQL's, the rest is the owner's. */
export interface Cluster {
  readonly data: string;
  readonly password: string;
  readonly portFile: string;
}

export const SUPERUSER = "postgres";
const MAJOR = "18";

/**
 * Makes the cluster if the folder has none, whole or not at all: SCRAM for every connection, data checksums, UTF-8
 * with the builtin `C.UTF-8` locale, which sorts the same on every platform.
 * @throws SallyportError `database.newer` for a cluster of another major version; `secret.missing` where its password is gone.
 */
export async function prepareCluster(folder: string, binaries: Binaries, runner: Runner, durable: boolean): Promise<Cluster> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, runner.kind === "nobody" ? 0o711 : 0o700);
  const data = join(folder, "data");
  const secret = join(folder, "superuser.password");
  const portFile = join(folder, "port");
  if (!existsSync(data)) await create(folder, data, secret, binaries, runner, durable);
  const version = readVersion(data);
  if (version !== MAJOR) throw new SallyportError("database.newer", { found: version, expected: MAJOR });
  giveTo(data, runner.owner);
  return { data, password: readPassword(secret), portFile };
}

async function create(folder: string, data: string, secret: string, binaries: Binaries, runner: Runner, durable: boolean): Promise<void> {
  const fresh = join(folder, "data.new");
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { mode: 0o700 });
  giveTo(fresh, runner.owner);
  // A password that is already there may be all that opens data which were only moved away: the new cluster takes it over.
  const isKept = existsSync(secret);
  const password = isKept ? readPassword(secret) : randomBytes(24).toString("base64url");
  const initdb = [
    ...runner.prefix,
    binaries.initdb,
    "-D",
    fresh,
    "-U",
    SUPERUSER,
    "-A",
    "scram-sha-256",
    "--pwfile=/dev/fd/0",
    "-E",
    "UTF8",
    "--locale-provider=builtin",
    "--locale=C.UTF-8",
    "--data-checksums",
  ];
  if (!durable) initdb.push("--no-sync");
  // `cat` turns Node's socket into a pipe, which can be opened by name; so the password is in no second file.
  const child = spawn("/bin/sh", ["-c", 'cat | "$@"', "initdb", ...initdb], { ...runner.ids, env: BARE_ENV, cwd: "/", stdio: ["pipe", "ignore", "pipe"] });
  const said: string[] = [];
  child.stderr.setEncoding("utf8").on("data", (text: string) => said.push(text));
  child.stdin.on("error", () => undefined).end(`${password}\n`);
  const code = await new Promise<number | null>((settle, fail) => child.on("error", fail).on("close", settle));
  if (code !== 0) throw new SallyportError("database.unreachable", { step: "initdb", reason: said.join("").trim().split("\n").at(-1) ?? "" });
  if (!isKept) {
    const freshSecret = `${secret}.new`;
    rmSync(freshSecret, { force: true });
    writeFileSync(freshSecret, `${password}\n`, { mode: 0o600, flag: "wx", flush: true });
    renameSync(freshSecret, secret);
  }
  renameSync(fresh, data);
}

function readVersion(data: string): string {
  try {
    return readFileSync(join(data, "PG_VERSION"), "utf8").trim();
  } catch {
    return "none";
  }
}

function readPassword(path: string): string {
  if (!existsSync(path)) throw new SallyportError("secret.missing", { file: path });
  if ((statSync(path).mode & 0o077) !== 0) throw new SallyportError("secret.exposed", { file: path });
  return readFileSync(path, "utf8").trim();
}
