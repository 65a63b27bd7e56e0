import { createHash, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";

const ITERATIONS = 4096;

/**
 * The form in which Postgres keeps a password (`SCRAM-SHA-256$…`, RFC 5803). Made here, so that the password itself
 * never reaches the server, nor its statement log. The password must be printable ASCII: SASLprep changes nothing then.
 */
export function scramVerifier(password: string, salt: Buffer = randomBytes(16)): string {
  if (!/^[!-~]{16,}$/.test(password)) throw new RangeError("a password is at least 16 printable ASCII characters");
  const salted = pbkdf2Sync(password, salt, ITERATIONS, 32, "sha256");
  const hmac = (text: string): Buffer => createHmac("sha256", salted).update(text).digest();
  const stored = createHash("sha256").update(hmac("Client Key")).digest("base64");
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString("base64")}$${stored}:${hmac("Server Key").toString("base64")}`;
}
