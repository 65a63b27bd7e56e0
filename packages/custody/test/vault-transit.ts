import { createCipheriv, createDecipheriv, createHmac, randomBytes } from "node:crypto";
import type { Asked, Told } from "./key-service.ts";

const failed = (status: number, ...errors: string[]): Told => ({ status, body: JSON.stringify({ errors }) });

/**
 * What the transit engine's documentation says of `POST /v1/transit/encrypt|decrypt/<key>`: base64 in and out, `vault:v1:…`, a key that is derived by the
 * context where it was made so, 403 for another token, 400 for what doesn't open.
 */
export function vaultTransit({
  token,
  keys,
  isDerived = true,
}: {
  readonly token: string;
  readonly keys: readonly string[];
  readonly isDerived?: boolean;
}): (asked: Asked) => Told {
  const secrets = new Map(keys.map((name) => [name, randomBytes(32)]));
  return ({ method, path, headers, body }) => {
    const [, act, name = ""] = /^\/v1\/transit\/(encrypt|decrypt)\/([^/]+)$/.exec(path) ?? [];
    if (act === undefined || method !== "POST") return failed(404);
    if (headers["x-vault-token"] !== token || headers["x-vault-request"] !== "true") return failed(403, "permission denied");
    const secret = secrets.get(name);
    const { context = "", plaintext = "", ciphertext = "" } = JSON.parse(body) as Record<string, string>;
    if (secret === undefined) return failed(act === "encrypt" ? 404 : 400, "encryption key not found");
    if (isDerived && context === "") return failed(400, "missing 'context' for key derivation; the key was created using a derived key");
    const key = isDerived ? createHmac("sha256", secret).update(Buffer.from(context, "base64")).digest() : secret;
    if (act === "encrypt") {
      const nonce = randomBytes(12);
      const cipher = createCipheriv("aes-256-gcm", key, nonce);
      const sealed = Buffer.concat([nonce, cipher.update(Buffer.from(plaintext, "base64")), cipher.final(), cipher.getAuthTag()]);
      return { status: 200, body: JSON.stringify({ data: { ciphertext: `vault:v1:${sealed.toString("base64")}`, key_version: 1 } }) };
    }
    try {
      const sealed = Buffer.from(/^vault:v1:(.+)$/.exec(ciphertext)?.[1] ?? "", "base64");
      const cipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(0, 12), { authTagLength: 16 });
      cipher.setAuthTag(sealed.subarray(-16));
      const opened = Buffer.concat([cipher.update(sealed.subarray(12, -16)), cipher.final()]);
      return { status: 200, body: JSON.stringify({ data: { plaintext: opened.toString("base64") } }) };
    } catch {
      return failed(400, "cipher: message authentication failed");
    }
  };
}
