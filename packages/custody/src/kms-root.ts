import { AwsV4Signer } from "aws4fetch";
import { SallyportError } from "@sallyport/errors";
import { askRoot, type RootAnswer, textIn } from "./root-request.ts";
import type { RootContext, RootWrapper } from "./root-wrapper.ts";
import { readStrongSecret } from "./secret-file.ts";

export interface KmsRootOptions {
  /** The ARN of a symmetric key; it names the region. */
  readonly key: string;
  /** Another address than the region's, as of a VPC endpoint; null for the region's own. */
  readonly endpoint: string | null;
  readonly accessKeyId: string;
  /** Read anew at every use, like the session's token. */
  readonly secretAccessKeyFile: string;
  readonly sessionTokenFile: string | null;
  readonly ca: string | null;
  readonly now: () => number;
  readonly deadlineMs?: number;
}

/** An ARN of a key by its id: an alias could be pointed elsewhere. */
export const KMS_KEY = /^arn:(aws|aws-cn|aws-us-gov):kms:([a-z0-9-]{1,32}):[0-9]{12}:key\/[A-Za-z0-9-]{1,64}$/;

const unavailable = (why: string): SallyportError => new SallyportError("keys.unavailable", { provider: "aws-kms", why });
/** What KMS answers where this key with this context didn't make the ciphertext (API reference of Decrypt). */
const FOREIGN = new Set(["InvalidCiphertextException", "IncorrectKeyException"]);

export interface SigningKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | null;
  readonly region: string;
  readonly service: string;
}

/** The headers of a request that is signed by AWS Signature Version 4. `at`: `YYYYMMDDTHHMMSSZ`. */
export async function signedHeaders(
  request: { readonly method: string; readonly url: URL; readonly headers: Readonly<Record<string, string>>; readonly body: Buffer },
  keys: SigningKeys,
  at: string,
): Promise<Readonly<Record<string, string>>> {
  const { sessionToken, ...rest } = keys;
  const signer = new AwsV4Signer({
    ...rest,
    ...(sessionToken !== null && { sessionToken }),
    method: request.method,
    url: request.url.href,
    headers: { ...request.headers },
    ...(request.body.length > 0 && { body: new Uint8Array(request.body) }),
    datetime: at,
    allHeaders: true,
  });
  const { headers } = await signer.sign();
  return Object.fromEntries(headers);
}

/** Adapter: AWS Key Management Service by its JSON API (`TrentService.Encrypt`, `.Decrypt`), with an encryption context. */
export function kmsRoot(options: KmsRootOptions): RootWrapper {
  const { key, endpoint, accessKeyId, secretAccessKeyFile, sessionTokenFile, ca, now, deadlineMs } = options;
  const [, partition = "", region = ""] = KMS_KEY.exec(key) ?? [];
  const url = new URL("/", endpoint ?? `https://kms.${region}.amazonaws.com${partition === "aws-cn" ? ".cn" : ""}`);
  const ask = (act: "Encrypt" | "Decrypt", context: RootContext, rest: Readonly<Record<string, string>>): Promise<RootAnswer> =>
    askRoot({
      provider: "aws-kms",
      url,
      headers: (body) =>
        signedHeaders(
          { method: "POST", url, headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": `TrentService.${act}` }, body },
          {
            accessKeyId,
            secretAccessKey: readStrongSecret(secretAccessKeyFile, "SALLYPORT_KMS_SECRET_ACCESS_KEY_FILE"),
            sessionToken: sessionTokenFile === null ? null : readStrongSecret(sessionTokenFile, "SALLYPORT_KMS_SESSION_TOKEN_FILE"),
            region,
            service: "kms",
          },
          new Date(now()).toISOString().replace(/[:-]|\.\d{3}/g, ""),
        ),
      body: JSON.stringify({ KeyId: key, EncryptionContext: { ...context }, EncryptionAlgorithm: "SYMMETRIC_DEFAULT", ...rest }),
      ca,
      deadlineMs,
    });
  const read = ({ status, json }: RootAnswer, member: "CiphertextBlob" | "Plaintext"): Buffer => {
    const [, kind = ""] = /(?:^|#)([A-Za-z]{1,64})$/.exec(textIn(json, "__type") ?? "") ?? [];
    if (status === 400 && FOREIGN.has(kind)) throw new SallyportError("custodian.store", { why: "this key of aws-kms did not wrap the root secret" });
    if (status !== 200) throw unavailable(`the answer was ${status}${kind === "" ? "" : ` ${kind}`}`);
    const text = textIn(json, member);
    if (text === null || textIn(json, "KeyId") !== key) throw unavailable("the answer is none of this key's");
    return Buffer.from(text, "base64");
  };
  return {
    provider: "aws-kms",
    keyName: key,
    wrap: async (secret, context) => read(await ask("Encrypt", context, { Plaintext: secret.toString("base64") }), "CiphertextBlob").toString("base64"),
    unwrap: async (wrapped, context) => read(await ask("Decrypt", context, { CiphertextBlob: wrapped }), "Plaintext"),
  };
}
