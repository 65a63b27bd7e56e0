import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { Asked, Told } from "./key-service.ts";

const hmac = (key: Buffer | string, text: string): Buffer => createHmac("sha256", key).update(text, "utf8").digest();
const hexOf = (text: string): string => createHash("sha256").update(text, "utf8").digest("hex");

/** The signature that a request has to bear, by the steps of "Create a signed AWS API request" in the IAM user guide. For a path and query that need no encoding. */
export function signatureOf(request: { readonly method: string; readonly path: string; readonly headers: IncomingHttpHeaders; readonly body: string }, secret: string): string {
  const [, scope = "", names = ""] = /Credential=[^/]+\/([^,]+), SignedHeaders=([^,]+), Signature=[0-9a-f]{64}$/.exec(request.headers.authorization ?? "") ?? [];
  const [date = "", region = "", service = ""] = scope.split("/");
  const [path = "", query = ""] = request.path.split("?");
  const lines = names.split(";").map(
    (name) =>
      `${name}:${String(request.headers[name] ?? "")
        .trim()
        .replace(/ +/g, " ")}\n`,
  );
  const canonical = [request.method, path, query.split("&").sort().join("&"), lines.join(""), names, hexOf(request.body)].join("\n");
  const toSign = ["AWS4-HMAC-SHA256", request.headers["x-amz-date"], scope, hexOf(canonical)].join("\n");
  const key = hmac(hmac(hmac(hmac(`AWS4${secret}`, date), region), service), "aws4_request");
  return hmac(key, toSign).toString("hex");
}

const refused = (type: string): Told => ({ status: 400, body: JSON.stringify({ __type: type, message: "as it is" }) });

/** What the API reference says of `TrentService.Encrypt` and `.Decrypt`: the signature first, then key, context and ciphertext. */
export function awsKms({
  accessKeyId,
  secret,
  session,
  keys,
  region,
}: {
  readonly accessKeyId: string;
  readonly secret: string;
  readonly session: string | null;
  readonly keys: readonly string[];
  readonly region: string;
}): (asked: Asked) => Told {
  const secrets = new Map(keys.map((arn) => [arn, randomBytes(32)]));
  return (asked) => {
    const { method, path, headers, body } = asked;
    const sent = headers.authorization ?? "";
    const today = `${String(headers["x-amz-date"] ?? "").slice(0, 8)}/${region}/kms/aws4_request`;
    if (!sent.startsWith(`AWS4-HMAC-SHA256 Credential=${accessKeyId}/${today}, `)) return refused("UnrecognizedClientException");
    const signed = /SignedHeaders=([^,]+)/.exec(sent)?.[1]?.split(";") ?? [];
    const isWhole = ["content-type", "host", "x-amz-date", "x-amz-target"].every((name) => signed.includes(name));
    if (!isWhole || sent.slice(-64) !== signatureOf(asked, secret) || (headers["x-amz-security-token"] ?? null) !== session) return refused("InvalidSignatureException");
    if (method !== "POST" || path !== "/" || headers["content-type"] !== "application/x-amz-json-1.1") return refused("com.amazon.coral.service#UnknownOperationException");
    const { KeyId, Plaintext, CiphertextBlob, EncryptionContext, EncryptionAlgorithm } = JSON.parse(body) as Readonly<Record<string, string>>;
    const key = secrets.get(KeyId ?? "");
    if (key === undefined) return refused("NotFoundException");
    if (EncryptionAlgorithm !== "SYMMETRIC_DEFAULT") return refused("InvalidKeyUsageException");
    const aad = Buffer.from(JSON.stringify(EncryptionContext));
    if (headers["x-amz-target"] === "TrentService.Encrypt") {
      const nonce = randomBytes(12);
      const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(aad);
      const blob = Buffer.concat([Buffer.from("k1"), nonce, cipher.update(Buffer.from(Plaintext ?? "", "base64")), cipher.final(), cipher.getAuthTag()]);
      return { status: 200, body: JSON.stringify({ CiphertextBlob: blob.toString("base64"), KeyId, EncryptionAlgorithm }) };
    }
    if (headers["x-amz-target"] !== "TrentService.Decrypt") return refused("UnknownOperationException");
    try {
      const blob = Buffer.from(CiphertextBlob ?? "", "base64");
      const cipher = createDecipheriv("aes-256-gcm", key, blob.subarray(2, 14), { authTagLength: 16 }).setAAD(aad);
      cipher.setAuthTag(blob.subarray(-16));
      const opened = Buffer.concat([cipher.update(blob.subarray(14, -16)), cipher.final()]);
      return { status: 200, body: JSON.stringify({ Plaintext: opened.toString("base64"), KeyId, EncryptionAlgorithm }) };
    } catch {
      return refused("InvalidCiphertextException");
    }
  };
}
