import { createHash, timingSafeEqual } from "node:crypto";
import { SallyportError } from "@sallyport/errors";
import ssh2, { type Algorithms, type Client, type PublicKeyAuthMethod, type SFTPWrapper, type Stats } from "ssh2";

/** Whom to connect to, as whom, and by what the server is known. */
export interface SftpOptions {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** A private key in OpenSSH's or PEM form, without a passphrase. */
  readonly key: Buffer;
  /** The host key's fingerprint as `ssh-keygen -l` shows it: `SHA256:` and 43 characters. */
  readonly hostKey: string;
  /** Milliseconds that one operation may take; half a minute if absent. */
  readonly deadlineMs?: number;
}

const DEADLINE_MS = 30_000;
const KEEPALIVE_MS = 10_000;
const READ_BYTES = 256 * 1024;
/** What every server takes in one write (draft-ietf-secsh-filexfer-02 §3). */
const WRITE_BYTES = 32 * 1024;
/** Status codes of the SFTP protocol (draft-ietf-secsh-filexfer-02 §7). */
const STATUS = { eof: 1, noSuchFile: 2 } as const;
const STATUS_MAX = 8;

/** What is offered: nothing with SHA-1, CBC, or an encrypt-and-MAC. */
const ALGORITHMS: Algorithms = {
  kex: [
    "curve25519-sha256",
    "curve25519-sha256@libssh.org",
    "ecdh-sha2-nistp256",
    "ecdh-sha2-nistp384",
    "ecdh-sha2-nistp521",
    "diffie-hellman-group16-sha512",
    "diffie-hellman-group14-sha256",
  ],
  serverHostKey: ["ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "rsa-sha2-512", "rsa-sha2-256"],
  cipher: ["aes256-gcm@openssh.com", "aes128-gcm@openssh.com", "aes256-ctr", "aes128-ctr"],
  hmac: ["hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com"],
  compress: ["none"],
};

/** What lies in a folder of another's server: a link is not followed, and is `other`. */
export interface Entry {
  readonly name: string;
  readonly kind: "file" | "folder" | "other";
  readonly bytes: number;
  /** When it was last changed, in seconds, by the server's clock. */
  readonly changedS: number;
}

/**
 * A connection to another's SFTP server; it proves its pinned host key before anything is said, and is given the one key. Paths are the server's own.
 * What the server refuses is `sftp.refused`; one that is away, or breaks off, is `sftp.unreachable`.
 */
export class SftpServer {
  readonly #client: Client;
  readonly #sftp: SFTPWrapper;
  readonly #deadlineMs: number;
  #isGone = false;

  private constructor(client: Client, sftp: SFTPWrapper, deadlineMs: number) {
    this.#client = client;
    this.#sftp = sftp;
    this.#deadlineMs = deadlineMs;
    client.once("close", () => (this.#isGone = true));
  }

  /** @throws SallyportError `sftp.host_key`, `sftp.login` or `sftp.unreachable`. */
  static async connect(options: SftpOptions): Promise<SftpServer> {
    const { host, port, user, key, hostKey, deadlineMs = DEADLINE_MS } = options;
    const client = new ssh2.Client();
    // The one way to sign in: no agent, no password, nothing tried before it.
    const ways: PublicKeyAuthMethod[] = [{ type: "publickey", username: user, key }];
    let isKnown = true;
    try {
      await new Promise<void>((resolve, reject) => {
        client.once("ready", resolve);
        // It stays: an error after the connection is up is met by the operation that it ends.
        client.on("error", reject);
        client.once("close", () => reject(new Error("closed")));
        client.connect({
          host,
          port,
          username: user,
          authHandler: ways,
          hostVerifier: (shown: Buffer) => (isKnown = isPinned(shown, hostKey)),
          algorithms: ALGORITHMS,
          readyTimeout: deadlineMs,
          keepaliveInterval: KEEPALIVE_MS,
          keepaliveCountMax: 3,
        });
      });
      const sftp = await new Promise<SFTPWrapper>((resolve, reject) => client.sftp((error, opened) => (error === undefined ? resolve(opened) : reject(error))));
      return new SftpServer(client, sftp, deadlineMs);
    } catch (error) {
      client.destroy();
      if (!isKnown) throw new SallyportError("sftp.host_key", {}, error);
      const isLogin = error instanceof Error && "level" in error && error.level === "client-authentication";
      throw new SallyportError(isLogin ? "sftp.login" : "sftp.unreachable", {}, error);
    }
  }

  close(): void {
    this.#client.end();
    this.#client.destroy();
  }

  async list(folder: string): Promise<readonly Entry[]> {
    const found = await this.#ask<readonly { readonly filename: string; readonly attrs: Stats }[]>((done) => this.#sftp.readdir(folder, done));
    return found.filter(({ filename }) => filename !== "." && filename !== "..").map(({ filename, attrs }) => entryOf(filename, attrs));
  }

  async look(path: string): Promise<Entry | null> {
    try {
      return entryOf(path.slice(path.lastIndexOf("/") + 1), await this.#ask<Stats>((done) => this.#sftp.lstat(path, done)));
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  }

  async *read(path: string, looked: Entry): AsyncGenerator<Uint8Array> {
    const handle = await this.#ask<Buffer>((done) => this.#sftp.open(path, "r", done));
    try {
      await this.#assertSame(handle, looked);
      for (let at = 0; at < looked.bytes; ) {
        const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, looked.bytes - at));
        const length = await this.#readAt(handle, buffer, at);
        if (length === 0) throw new SallyportError("drop.changed");
        at += length;
        yield buffer.subarray(0, length);
      }
      await this.#assertSame(handle, looked);
    } finally {
      await this.#ask<void>((done) => this.#sftp.close(handle, done)).catch(() => undefined);
    }
  }

  /**
   * Writes so many bytes under a name, and returns once the server has them all on its disk, where it knows how to say so. The file is made first; `begin` is
   * waited for before the first byte.
   *
   * @throws SallyportError `sftp.refused` where the server has another length in the end, and whatever `begin` and the bytes throw.
   */
  async upload(path: string, { length, bytes, begin }: { readonly length: number; readonly bytes: AsyncIterable<Uint8Array>; readonly begin: () => Promise<void> }): Promise<void> {
    const handle = await this.#ask<Buffer>((done) => this.#sftp.open(path, "w", done));
    try {
      await begin();
      let at = 0;
      for await (const piece of bytes) {
        await this.#writeAt(handle, Buffer.from(piece.buffer, piece.byteOffset, piece.length), at);
        at += piece.length;
      }
      await this.#sync(handle);
      const { size } = await this.#ask<Stats>((done) => this.#sftp.fstat(handle, done));
      if (at !== length || size !== length) throw new SallyportError("sftp.refused");
    } finally {
      await this.#ask<void>((done) => this.#sftp.close(handle, done)).catch(() => undefined);
    }
  }

  /** A text of at most so many bytes, or null where nothing is there. @throws SallyportError `sftp.refused` for a longer one. */
  async text(path: string, bytesMax: number): Promise<Buffer | null> {
    const entry = await this.look(path);
    if (entry === null) return null;
    if (entry.kind !== "file" || entry.bytes > bytesMax) throw new SallyportError("sftp.refused");
    const pieces: Uint8Array[] = [];
    for await (const piece of this.read(path, entry)) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  async write(path: string, text: string): Promise<void> {
    const bytes = Buffer.from(text, "utf8");
    const fresh = `${path}.part`;
    const handle = await this.#ask<Buffer>((done) => this.#sftp.open(fresh, "w", done));
    try {
      await this.#ask<void>((done) => this.#sftp.write(handle, bytes, 0, bytes.length, 0, done));
    } finally {
      await this.#ask<void>((done) => this.#sftp.close(handle, done));
    }
    await this.rename(fresh, path);
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#ask<void>((done) => this.#sftp.rename(from, to, done));
  }

  async remove(path: string): Promise<void> {
    await this.#ask<void>((done) => this.#sftp.unlink(path, done)).catch((error: unknown) => {
      if (!isMissing(error)) throw error;
    });
  }

  async makeFolder(path: string): Promise<void> {
    const found = await this.look(path);
    if (found?.kind === "folder") return;
    await this.#ask<void>((done) => this.#sftp.mkdir(path, done));
  }

  /** An extension of OpenSSH's; a server without it has what it has when the file is closed. */
  async #sync(handle: Buffer): Promise<void> {
    try {
      await this.#ask<void>((done) => this.#sftp.ext_openssh_fsync(handle, done));
    } catch (error) {
      if (!(error instanceof SallyportError && error.cause instanceof Error && /extended request/i.test(error.cause.message))) throw error;
    }
  }

  async #assertSame(handle: Buffer, looked: Entry): Promise<void> {
    const now = entryOf(looked.name, await this.#ask<Stats>((done) => this.#sftp.fstat(handle, done)));
    if (now.kind !== "file" || now.bytes !== looked.bytes || now.changedS !== looked.changedS) throw new SallyportError("drop.changed");
  }

  async #readAt(handle: Buffer, buffer: Buffer, position: number): Promise<number> {
    try {
      return await this.#ask<number>((done) => this.#sftp.read(handle, buffer, 0, buffer.length, position, done));
    } catch (error) {
      if (statusOf(error) === STATUS.eof) return 0;
      throw error;
    }
  }

  /** Writes a piece at its place, all of its blocks under way at once: a block that waited for the answer to the one before would cost a round trip each. */
  async #writeAt(handle: Buffer, piece: Buffer, position: number): Promise<void> {
    await this.#ask<void>((done) => {
      let left = Math.ceil(piece.length / WRITE_BYTES);
      if (left === 0) done(null);
      for (let at = 0; at < piece.length; at += WRITE_BYTES)
        this.#sftp.write(handle, piece, at, Math.min(WRITE_BYTES, piece.length - at), position + at, (error) => {
          left -= 1;
          if ((error ?? null) !== null || left === 0) done(error);
        });
    });
  }

  /** One operation: answered in time, or the connection is given up. */
  async #ask<T>(operation: (done: (error: Error | null | undefined, value?: unknown) => void) => unknown): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    let closed = (): void => undefined;
    try {
      // What is asked of a connection that is gone is never answered.
      if (this.#isGone) throw new Error("closed");
      return await new Promise<T>((resolve, reject) => {
        closed = () => reject(new Error("closed"));
        this.#client.once("close", closed);
        timer = setTimeout(() => this.#client.destroy(), this.#deadlineMs);
        operation((error, value) => (error === null || error === undefined ? resolve(value as T) : reject(error)));
      });
    } catch (error) {
      throw new SallyportError(statusOf(error) === undefined ? "sftp.unreachable" : "sftp.refused", {}, error);
    } finally {
      clearTimeout(timer);
      this.#client.removeListener("close", closed);
    }
  }
}

/** Whether a host key, as it goes over the wire, is the one with the fingerprint. */
export function isPinned(shown: Buffer, fingerprint: string): boolean {
  const pinned = Buffer.from(fingerprint.replace(/^SHA256:/, ""), "base64");
  const digest = createHash("sha256").update(shown).digest();
  return pinned.length === digest.length && timingSafeEqual(pinned, digest);
}

const entryOf = (name: string, facts: Stats): Entry => ({
  name,
  kind: facts.isFile() ? "file" : facts.isDirectory() ? "folder" : "other",
  bytes: facts.size,
  changedS: facts.mtime,
});

/** The protocol's status, where the server answered with one. */
function statusOf(error: unknown): number | undefined {
  const cause = error instanceof SallyportError ? error.cause : error;
  if (!(cause instanceof Error) || !("code" in cause) || typeof cause.code !== "number") return undefined;
  return cause.code <= STATUS_MAX ? cause.code : undefined;
}

const isMissing = (error: unknown): boolean => statusOf(error) === STATUS.noSuchFile;
