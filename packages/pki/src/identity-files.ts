import { X509Certificate, createPrivateKey, randomBytes } from "node:crypto";
import { chmodSync, chownSync, closeSync, constants, fstatSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { join } from "node:path";
import { SallyportError } from "@sallyport/errors";

/** What a workload proves itself with. */
export interface Identity {
  /** PKCS #8. */
  readonly keyPem: string;
  readonly certPem: string;
  /** The authorities that it trusts: one, or two while one takes over from the other. */
  readonly caPem: string;
}

/** The files of an identity folder, in the order in which they are written. */
export const IDENTITY_FILES = { caPem: "ca.pem", keyPem: "key.pem", certPem: "cert.pem" } as const;

const BYTES_MAX = 256 * 1024;
const OTHERS = 0o077;

/**
 * Writes an identity folder (0700) and its three files (0600), each at once by rename, and durably. A reader that comes between two of
 * the renames finds a key and a certificate that don't match, which {@link readIdentity} refuses, and reads again.
 */
export function writeIdentity(path: string, identity: Identity, owner?: { readonly uid: number; readonly gid: number }): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  chmodSync(path, 0o700);
  if (owner !== undefined) chownSync(path, owner.uid, owner.gid);
  for (const [part, file] of Object.entries(IDENTITY_FILES) as [keyof Identity, string][]) {
    const fresh = join(path, `.${file}.${randomBytes(6).toString("hex")}`);
    const descriptor = openSync(fresh, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
    try {
      writeSync(descriptor, identity[part]);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    if (owner !== undefined) chownSync(fresh, owner.uid, owner.gid);
    renameSync(fresh, join(path, file));
  }
}

function readOwn(path: string, file: string): string {
  const full = join(path, file);
  let descriptor: number;
  try {
    descriptor = openSync(full, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    throw new SallyportError("secret.missing", { file }, error);
  }
  try {
    const facts = fstatSync(descriptor);
    const self = process.geteuid?.();
    const isOurs = self === undefined || self === 0 || facts.uid === self;
    if (!facts.isFile() || facts.size > BYTES_MAX) throw new SallyportError("secret.missing", { file });
    if ((facts.mode & OTHERS) !== 0 || !isOurs) throw new SallyportError("secret.exposed", { file });
    return readFileSync(descriptor, "utf8");
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Reads an identity folder.
 * @throws SallyportError `secret.missing` for a file that is not there, is a link, or doesn't belong to the others;
 *   `secret.exposed` for one that group or others can read, or that belongs to someone else. Root may read what it gave away.
 */
export function readIdentity(path: string): Identity {
  const caPem = readOwn(path, IDENTITY_FILES.caPem);
  const keyPem = readOwn(path, IDENTITY_FILES.keyPem);
  const certPem = readOwn(path, IDENTITY_FILES.certPem);
  assertPair(keyPem, certPem);
  return { keyPem, certPem, caPem };
}

function assertPair(keyPem: string, certPem: string): void {
  let isPair = false;
  try {
    isPair = new X509Certificate(certPem).checkPrivateKey(createPrivateKey(keyPem));
  } catch (error) {
    throw new SallyportError("secret.missing", { file: IDENTITY_FILES.certPem, reason: "unreadable" }, error);
  }
  if (!isPair) throw new SallyportError("secret.missing", { file: IDENTITY_FILES.certPem, reason: "other_key" });
}
