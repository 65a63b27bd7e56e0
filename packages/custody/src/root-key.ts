import { randomBytes, type KeyObject } from "node:crypto";
import { closeSync, constants, fchownSync, fstatSync, fsyncSync, openSync, readFileSync, statSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { hmacHex, secretKey } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";

/** What is derived from the root secret. */
export type RootPurpose = "store" | "kek" | "backup" | "backup-manifest" | "wrap";

/** Port: the one key above all others. It never leaves the adapter; what is used is derived from it, by HMAC-SHA-256. */
export interface RootKey {
  /** The 256-bit key for one purpose. @throws where the root key can't be used now; the code says why. */
  derive(purpose: RootPurpose): Promise<KeyObject>;
}

const ROOT_BYTES = 32;

/** The key for one purpose of this root secret. */
export const deriveFrom = (root: Buffer, purpose: RootPurpose): KeyObject => secretKey(Buffer.from(hmacHex(secretKey(root), `sallyport/root/v1/${purpose}`), "hex"));

/** Adapter: a file of base64 that only its owner can read. It is read anew at every use, so taking it away takes effect at once. */
export const fileRootKey = (path: string): RootKey => ({
  derive: (purpose) => Promise.resolve().then(() => deriveFrom(readRootKey(path), purpose)),
});

/** Makes the file; only an empty store, or one that is moved here, may do this. One that exists already stays as it is. */
export function createRootKey(path: string): void {
  let file: number;
  try {
    file = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return;
    throw new SallyportError("secret.missing", { secret: "root.key" }, error);
  }
  writeSync(file, `${randomBytes(ROOT_BYTES).toString("base64")}\n`);
  const { uid, gid } = statSync(dirname(path));
  // Root may act offline for the one whose folder this is; the file is theirs.
  if (process.geteuid?.() === 0) fchownSync(file, uid, gid);
  fsyncSync(file);
  closeSync(file);
  const folder = openSync(dirname(path), "r");
  fsyncSync(folder);
  closeSync(folder);
}

/** @throws `secret.missing`, `secret.exposed` or `secret.weak`; the context names the file and has nothing of its content. */
function readRootKey(path: string): Buffer {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    throw new SallyportError("secret.missing", { secret: "root.key" }, error);
  }
  try {
    const { mode, uid } = fstatSync(file);
    // Root may read it for the one whose folder it is in, to act offline; nobody else's file is ever taken.
    const self = process.geteuid?.() ?? uid;
    const isOurs = uid === self || (self === 0 && uid === statSync(dirname(path)).uid);
    if ((mode & 0o077) !== 0 || !isOurs) throw new SallyportError("secret.exposed", { secret: "root.key" });
    const text = readFileSync(file, "latin1").replace(/\n$/, "");
    const bytes = Buffer.from(text, "base64");
    if (bytes.length !== ROOT_BYTES || bytes.toString("base64") !== text || new Set(bytes).size < 8) throw new SallyportError("secret.weak", { secret: "root.key" });
    return bytes;
  } finally {
    closeSync(file);
  }
}
