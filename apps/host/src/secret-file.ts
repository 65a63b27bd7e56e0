import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { SallyportError } from "@sallyport/errors";

const BYTES_MAX = 16 * 1024;

/**
 * Reads a file that holds one secret.
 * @throws SallyportError `secret.missing` where there is none or it is empty, `secret.exposed` where others can read it or own it.
 */
export function readSecretFile(path: string, setting: string): string {
  let descriptor: number;
  try {
    descriptor = openSync(path, constants.O_RDONLY);
  } catch {
    throw new SallyportError("secret.missing", { setting, file: path, reason: "the file can't be read" });
  }
  try {
    const facts = fstatSync(descriptor);
    if (!facts.isFile() || facts.size > BYTES_MAX) throw new SallyportError("secret.missing", { setting, file: path, reason: "this is not a file with one secret" });
    if ((facts.mode & 0o077) !== 0) throw new SallyportError("secret.exposed", { setting, file: path, reason: "others can read it" });
    if (process.geteuid !== undefined && facts.uid !== process.geteuid()) throw new SallyportError("secret.exposed", { setting, file: path, reason: "it belongs to another user" });
    const value = readFileSync(descriptor, "utf8").trim();
    if (value === "") throw new SallyportError("secret.missing", { setting, file: path, reason: "the file is empty" });
    return value;
  } finally {
    closeSync(descriptor);
  }
}

/** Port: throws for a secret that must not be used. */
export type SecretRule = (secret: string, setting: string, user: string) => void;
