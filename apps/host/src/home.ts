import { createHash } from "node:crypto";
import { accessSync, chmodSync, constants, mkdirSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { SallyportError } from "@sallyport/errors";

/** Where everything of one deployment on this host is kept. */
export interface Home {
  readonly root: string;
  readonly postgres: string;
  readonly custodian: string;
  /** One folder a process: `key.pem`, `cert.pem`, `ca.pem`. */
  readonly identity: string;
  /** One folder a local service profile: the same, and `profile.json`. */
  readonly profiles: string;
  /** One database URL a process. */
  readonly secrets: string;
  /** What callers handed over to the api, sealed, until it is replayed. */
  readonly spool: string;
  readonly logs: string;
  readonly run: string;
  /** Says how the deployment was founded; absent before its first start has ended well. */
  readonly founded: string;
  readonly revoked: string;
  readonly lock: string;
  readonly custodianPort: string;
  readonly socket: string;
}

/** Node and the kernel take at most 107 bytes for a socket's path. */
const SOCKET_BYTES_MAX = 100;

/** The paths of a deployment's folder; touches nothing. */
export function homePaths(home: string): Home {
  const root = resolve(home);
  const run = join(root, "run");
  const socket = join(run, "host.sock");
  const short = createHash("sha256").update(root).digest("hex").slice(0, 24);
  return {
    root,
    postgres: join(root, "postgres"),
    custodian: join(root, "custodian"),
    identity: join(root, "identity"),
    profiles: join(root, "profiles"),
    secrets: join(root, "secrets"),
    spool: join(root, "spool"),
    logs: join(root, "logs"),
    run,
    founded: join(root, "founded.json"),
    revoked: join(root, "revoked.json"),
    lock: join(run, "host.lock"),
    custodianPort: join(run, "custodian.port"),
    socket: Buffer.byteLength(socket) <= SOCKET_BYTES_MAX ? socket : join(tmpdir(), `sallyport-${short}`, "host.sock"),
  };
}

/**
 * Makes the folders, each for its owner alone.
 * @throws SallyportError `setting.invalid` naming `SALLYPORT_HOME` where it isn't a folder of ours that we can write.
 */
export function prepareHome(home: Home): void {
  const invalid = (reason: string, remedy: string): SallyportError => new SallyportError("setting.invalid", { setting: "SALLYPORT_HOME", file: home.root, reason, remedy });
  try {
    mkdirSync(home.root, { recursive: true, mode: 0o700 });
  } catch {
    throw invalid("this folder can't be made", "choose a folder that this user may write to");
  }
  const facts = statSync(home.root);
  if (!facts.isDirectory()) throw invalid("this is not a folder", "choose another path");
  if (process.geteuid !== undefined && facts.uid !== process.geteuid()) throw invalid("this folder belongs to another user", "start as its owner, or choose another folder");
  if ((facts.mode & 0o022) !== 0) throw invalid("others may write to this folder", "chmod go-w it");
  try {
    accessSync(home.root, constants.R_OK | constants.W_OK | constants.X_OK);
    for (const path of [home.custodian, home.identity, home.profiles, home.secrets, home.spool, home.logs, home.run]) mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch {
    throw invalid("this folder can't be written to", "make it writable for this user, or choose another");
  }
  for (const path of [home.root, home.profiles, home.logs, home.run]) chmodSync(path, 0o700);
}
