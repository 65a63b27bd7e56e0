import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { SallyportError } from "@sallyport/errors";

const BYTES_MAX = 16 * 1024;
const LENGTH_MIN = 16;

/**
 * What people put where a secret belongs, until they come back to it.
 * Compared without case and without what isn't a letter or digit.
 */
const EXAMPLES: readonly string[] = [
  "changeme",
  "changemeplease",
  "changeit",
  "password",
  "passw0rd",
  "secret",
  "supersecret",
  "mysecretpassword",
  "example",
  "examplepassword",
  "postgres",
  "postgrespassword",
  "admin",
  "administrator",
  "root",
  "test",
  "testtesttesttest",
  "letmein",
  "sallyport",
  "yourpassword",
  "yourpasswordhere",
  "replaceme",
  "replacemeplease",
  "placeholder",
  "todo",
  "default",
  "12345678",
  "1234567890123456",
  "0123456789abcdef",
  "hunter2",
  "correcthorsebatterystaple",
];

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

/**
 * Refuses a secret that is short, an example, or the name that it belongs to.
 * @throws SallyportError `secret.weak`
 */
export function assertStrongSecret(secret: string, setting: string, user: string): void {
  const plain = secret.toLowerCase().replace(/[^a-z0-9]/g, "");
  const isExample = EXAMPLES.includes(plain) || EXAMPLES.some((word) => plain === word + word) || secret === user || /^(.)\1*$/.test(secret) || /^<.*>$|^\$\{.*\}$/.test(secret);
  if (isExample) throw new SallyportError("secret.weak", { setting, reason: "the password is an example" });
  if (secret.length < LENGTH_MIN) throw new SallyportError("secret.weak", { setting, reason: `the password is shorter than ${LENGTH_MIN} characters` });
}
