import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { SallyportError } from "@sallyport/errors";
import { assertNoExample, assertStrongSecret } from "./secret-strength.ts";

const BYTES_MAX = 16 * 1024;

/**
 * Reads a file that holds one secret of the custodian's: this user's, and nobody else's to read. Root may read another's, to act offline.
 *
 * @throws `secret.missing` where there is none or it is empty, `secret.exposed` where others can read it; the context names the setting, never the value.
 */
export function readSecretFile(path: string, setting: string): string {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY);
  } catch (error) {
    throw new SallyportError("secret.missing", { setting, reason: "the file can't be read" }, error);
  }
  try {
    const facts = fstatSync(file);
    const self = process.geteuid?.() ?? facts.uid;
    if (!facts.isFile() || facts.size > BYTES_MAX) throw new SallyportError("secret.missing", { setting, reason: "this is not a file with one secret" });
    if ((facts.mode & 0o077) !== 0) throw new SallyportError("secret.exposed", { setting, reason: "others can read it" });
    if (facts.uid !== self && self !== 0)
      throw new SallyportError("secret.exposed", { setting, reason: "it belongs to another user", remedy: `give it to the user with the id ${self}` });
    const secret = readFileSync(file, "utf8").trim();
    if (secret === "") throw new SallyportError("secret.missing", { setting, reason: "the file is empty" });
    return secret;
  } finally {
    closeSync(file);
  }
}

/**
 * Reads a secret that somebody chose, or was given: one that is short or an example is none.
 *
 * @throws `secret.weak` too.
 */
export function readStrongSecret(path: string, setting: string): string {
  const secret = readSecretFile(path, setting);
  assertStrongSecret(secret, setting, "");
  return secret;
}

/**
 * Reads a token's PIN: how long it has to be is the token's rule.
 *
 * @throws `secret.weak` for an example, too.
 */
export function readPin(path: string, setting: string): string {
  const pin = readSecretFile(path, setting);
  assertNoExample(pin, setting, "");
  return pin;
}
