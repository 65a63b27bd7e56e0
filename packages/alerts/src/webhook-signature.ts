import { createSecretKey, type KeyObject } from "node:crypto";
import { hmacHex } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";

const PREFIX = "whsec_";
const BYTES_MIN = 24;
const BYTES_MAX = 64;

/**
 * The key of a Standard Webhooks secret: `whsec_` and the base64 of 24 to 64 bytes.
 * @throws SallyportError `secret.weak`, which names the setting and the file.
 */
export function webhookKey(secret: string, file: string): KeyObject {
  const encoded = secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : "";
  const bytes = Buffer.from(encoded, "base64");
  if (bytes.toString("base64") !== encoded || bytes.length < BYTES_MIN || bytes.length > BYTES_MAX || new Set(bytes).size < 8)
    throw new SallyportError("secret.weak", { setting: "SALLYPORT_ALERTS_FILE", file, reason: "it isn't whsec_ and the base64 of 24 to 64 random bytes" });
  return createSecretKey(bytes);
}

/** The headers of Standard Webhooks 1.0: one signature for each secret, so that a receiver may change over while both are known. */
export function webhookHeaders(id: string, nowMs: number, body: string, keys: readonly KeyObject[]): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(nowMs / 1000));
  const signatures = keys.map((key) => `v1,${Buffer.from(hmacHex(key, `${id}.${timestamp}.${body}`), "hex").toString("base64")}`);
  return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signatures.join(" ") };
}
