import { SallyportError } from "@sallyport/errors";

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
 * Refuses a secret that is short, an example, or the name that it belongs to.
 * @throws SallyportError `secret.weak`
 */
export function assertStrongSecret(secret: string, setting: string, user: string): void {
  assertNoExample(secret, setting, user);
  if (secret.length < LENGTH_MIN) throw new SallyportError("secret.weak", { setting, reason: `it is shorter than ${LENGTH_MIN} characters` });
}

/**
 * Refuses a secret that is an example, or the name that it belongs to; of one whose length is somebody else's rule.
 * @throws SallyportError `secret.weak`
 */
export function assertNoExample(secret: string, setting: string, user: string): void {
  const plain = secret.toLowerCase().replace(/[^a-z0-9]/g, "");
  const isExample = EXAMPLES.includes(plain) || EXAMPLES.some((word) => plain === word + word) || secret === user || /^(.)\1*$/.test(secret) || /^<.*>$|^\$\{.*\}$/.test(secret);
  if (isExample) throw new SallyportError("secret.weak", { setting, reason: "it is an example" });
}
