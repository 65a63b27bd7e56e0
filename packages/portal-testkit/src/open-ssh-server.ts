import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join, resolve } from "node:path";
import { freePort } from "@sallyport/embedded-postgres";
import ssh2 from "ssh2";
import { NAMED_SSHD } from "./settings.ts";

const CACHE = resolve(import.meta.dirname, "../../../node_modules/.cache");
const PLACES = [NAMED_SSHD, "/usr/sbin/sshd", "/usr/local/sbin/sshd"];
const DOWNLOAD_MS = 60_000;
const START_MS = 20_000;
/** Whose account sshd serves where this is root: on every system, and not locked as `nobody` is by systemd. */
const SPARE_USER = "daemon";

/** The program, and where the libraries lie that it needs beside the system's. */
interface Found {
  readonly sshd: string;
  readonly libraries: string;
}

const runs = ({ sshd, libraries }: Found): boolean => {
  const { status, stderr } = spawnSync(sshd, ["-V"], { env: { LD_LIBRARY_PATH: libraries }, encoding: "utf8" });
  return (status === 0 || /usage:|OpenSSH/.test(stderr)) && !stderr.includes("shared libraries");
};

/** Unpacks Debian's own package, whose signature apt checks, into the cache: whole, or not at all. Nothing is installed. */
function unpacked(): Found | null {
  const folder = join(CACHE, "openssh-server");
  const found = { sshd: join(folder, "usr/sbin/sshd"), libraries: join(folder, "usr/lib/x86_64-linux-gnu") };
  if (existsSync(folder)) return found;
  mkdirSync(CACHE, { recursive: true });
  const fresh = mkdtempSync(join(CACHE, "unpacking-"));
  chmodSync(fresh, 0o755);
  try {
    const options = { cwd: fresh, timeout: DOWNLOAD_MS } as const;
    if (spawnSync("apt-get", ["download", "openssh-server", "libwrap0"], options).status !== 0) return null;
    for (const name of readdirSync(fresh)) if (spawnSync("dpkg", ["-x", name, fresh], options).status !== 0) return null;
    renameSync(fresh, folder);
    return found;
  } catch {
    // Another worker was first.
    return existsSync(folder) ? found : null;
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

const program: Found | null = [...PLACES.flatMap((sshd) => (sshd !== undefined && existsSync(sshd) ? [{ sshd, libraries: "" }] : [])), unpacked].reduce<Found | null>(
  (known, next) => {
    const found = known ?? (typeof next === "function" ? next() : next);
    return found !== null && runs(found) ? found : null;
  },
  null,
);

/** Why there is no OpenSSH server on this machine, or null. */
export const noSshServer: string | null = program === null ? "no OpenSSH server: name one in SALLYPORT_SSHD, or have apt-get download it" : null;

/** The length of an Ed25519 public key in OpenSSH's form, in bytes: the name and 32 bytes, each after its length (RFC 8709 §4). */
const PUBLIC_BYTES = 51;

/** A key pair in OpenSSH's form. One in 256 is made again: the library drops a public key's leading zero, and OpenSSH doesn't load such a file. */
export function keyPair(): { readonly private: string; readonly public: string } {
  const pair = ssh2.utils.generateKeyPairSync("ed25519");
  return Buffer.from(pair.public.split(" ")[1] ?? "", "base64").length === PUBLIC_BYTES ? pair : keyPair();
}

/** The fingerprint of a public key, as `ssh-keygen -l` shows it. */
export function fingerprintOf(publicKey: string): string {
  const digest = createHash("sha256").update(Buffer.from(publicKey.split(" ")[1] ?? "", "base64"));
  return `SHA256:${digest.digest("base64").replace(/=+$/, "")}`;
}

/** A site's own SFTP server: OpenSSH's, as this user or, where that is root, as an ordinary one; with a folder of its own. */
export class OpenSshServer {
  readonly port: number;
  readonly user: string;
  /** Where deliveries are put. */
  readonly folder: string;
  readonly fingerprint: string;
  /** The private key that it lets in. */
  readonly key: string;
  readonly #home: string;
  readonly #ids: { readonly uid?: number; readonly gid?: number };
  #pid = 0;

  private constructor(home: string, port: number, fingerprint: string, key: string) {
    this.#home = home;
    this.port = port;
    this.fingerprint = fingerprint;
    this.key = key;
    this.folder = join(home, "drop");
    const isRoot = process.getuid?.() === 0;
    this.user = isRoot ? SPARE_USER : userInfo().username;
    const idOf = (flag: string): number => Number(spawnSync("id", [flag, SPARE_USER], { encoding: "utf8" }).stdout);
    this.#ids = isRoot ? { uid: idOf("-u"), gid: idOf("-g") } : {};
  }

  static async start(): Promise<OpenSshServer> {
    const home = mkdtempSync(join(tmpdir(), "sallyport-sshd-"));
    const [host, own] = [keyPair(), keyPair()];
    const server = new OpenSshServer(home, await freePort(), fingerprintOf(host.public), own.private);
    mkdirSync(server.folder);
    server.#give(home);
    server.#give(server.folder);
    server.#own("host.key", host.private);
    server.#own("authorized", `${own.public}\n`);
    const lines = [
      `ListenAddress 127.0.0.1:${server.port}`,
      `HostKey ${join(home, "host.key")}`,
      `AuthorizedKeysFile ${join(home, "authorized")}`,
      "StrictModes no",
      "UsePAM no",
      "PasswordAuthentication no",
      "KbdInteractiveAuthentication no",
      "PidFile none",
      "PrintMotd no",
      `Subsystem sftp internal-sftp -d ${server.folder}`,
    ];
    server.#own("config", `${lines.join("\n")}\n`);
    await server.up();
    return server;
  }

  /** Starts it, at the same port and with the same keys each time. */
  async up(): Promise<void> {
    const { sshd = "", libraries = "" } = program ?? {};
    const child = spawn(sshd, ["-D", "-e", "-f", join(this.#home, "config")], {
      ...this.#ids,
      env: { LD_LIBRARY_PATH: libraries },
      detached: true,
      stdio: ["ignore", "ignore", "pipe"],
    });
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
    this.#pid = child.pid ?? 0;
    const endsAt = performance.now() + START_MS;
    while (!(await this.#isUp())) {
      if (performance.now() > endsAt) throw new Error(`sshd did not start: ${said}`);
      await new Promise((settle) => setTimeout(settle, 50));
    }
  }

  async #isUp(): Promise<boolean> {
    const socket = connect(this.port, "127.0.0.1");
    const isUp = await Promise.race([once(socket, "connect").then(() => true), once(socket, "error").then(() => false)]).catch(() => false);
    socket.destroy();
    return isUp;
  }

  /** Ends it and every connection to it at once, as a power cut does. */
  down(): void {
    if (this.#pid !== 0) process.kill(-this.#pid, "SIGKILL");
    this.#pid = 0;
  }

  remove(): void {
    this.down();
    rmSync(this.#home, { recursive: true, force: true });
  }

  /** Puts a delivery into the drop as a site does: its folder, its files, and the marker last. */
  deliver(name: string, files: Readonly<Record<string, string | Uint8Array>>, isMarked = true): void {
    const folder = join(this.folder, name);
    mkdirSync(folder);
    this.#give(folder);
    for (const [file, content] of Object.entries(files)) {
      writeFileSync(join(folder, file), content);
      this.#give(join(folder, file));
    }
    if (isMarked) this.mark(name);
  }

  mark(name: string): void {
    writeFileSync(join(this.folder, `${name}.ready`), "");
    this.#give(join(this.folder, `${name}.ready`));
  }

  #own(name: string, text: string): void {
    const path = join(this.#home, name);
    writeFileSync(path, text, { mode: 0o600 });
    this.#give(path);
  }

  #give(path: string): void {
    const { uid, gid } = this.#ids;
    if (uid !== undefined && gid !== undefined) chownSync(path, uid, gid);
  }
}
