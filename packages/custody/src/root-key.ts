import { randomBytes, type KeyObject } from "node:crypto";
import { closeSync, constants, fstatSync, fsyncSync, openSync, readFileSync, statSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { hmacHex, secretKey } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";

/** Port: the one key above all others. It never leaves the adapter; what is used is derived from it, by HMAC-SHA-256. */
export interface RootKey {
  /** The 256-bit key for one purpose. @throws where the root key can't be used now; the code says why. */
  derive(purpose: "store" | "kek" | "backup" | "backup-manifest"): Promise<KeyObject>;
}

const ROOT_BYTES = 32;

/** Adapter: a file of base64 that only its owner can read. It is read anew at every use, so taking it away takes effect at once. */
export const fileRootKey = (path: string): RootKey => ({
  derive: (purpose) => Promise.resolve().then(() => secretKey(Buffer.from(hmacHex(secretKey(readRootKey(path)), `sallyport/root/v1/${purpose}`), "hex"))),
});

/** Makes the file; only an empty store may do this. One that exists already stays as it is. */
export function createRootKey(path: string): void {
  let file: number;
  try {
    file = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return;
    throw new SallyportError("secret.missing", { secret: "root.key" }, error);
  }
  writeSync(file, `${randomBytes(ROOT_BYTES).toString("base64")}\n`);
  fsyncSync(file);
  closeSync(file);
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
