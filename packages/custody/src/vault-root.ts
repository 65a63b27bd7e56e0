import { SallyportError } from "@sallyport/errors";
import { contextBytes, type RootContext, type RootWrapper } from "./root-wrapper.ts";
import { askRoot, type RootAnswer, textIn } from "./root-request.ts";
import { readStrongSecret } from "./secret-file.ts";

export interface VaultRootOptions {
  /** `https://host:port`. */
  readonly address: string;
  /** Where the transit engine is mounted. */
  readonly mount: string;
  readonly key: string;
  readonly namespace: string | null;
  /** Read anew at every use: who keeps it fresh may replace it at any time. */
  readonly tokenFile: string;
  /** PEM of the authorities to trust instead of the system's. */
  readonly ca: string | null;
  readonly deadlineMs?: number;
}

const unavailable = (why: string): SallyportError => new SallyportError("keys.unavailable", { provider: "vault-transit", why });

/**
 * Adapter: the transit engine of HashiCorp Vault or OpenBao, by its HTTP API (`POST /v1/<mount>/encrypt|decrypt/<key>`). The key has to be a derived one:
 * only then is the context part of what is opened.
 */
export function vaultRoot(options: VaultRootOptions): RootWrapper {
  const { address, mount, key, namespace, tokenFile, ca, deadlineMs } = options;
  const ask = (act: "encrypt" | "decrypt", context: RootContext, rest: Readonly<Record<string, string>>): Promise<RootAnswer> =>
    askRoot({
      provider: "vault-transit",
      url: new URL(`/v1/${mount}/${act}/${encodeURIComponent(key)}`, address),
      headers: () => ({
        "content-type": "application/json",
        "x-vault-request": "true",
        "x-vault-token": readStrongSecret(tokenFile, "SALLYPORT_VAULT_TOKEN_FILE"),
        ...(namespace !== null && { "x-vault-namespace": namespace }),
      }),
      body: JSON.stringify({ ...rest, context: contextBytes(context).toString("base64") }),
      ca,
      deadlineMs,
    });
  return {
    provider: "vault-transit",
    keyName: `${mount}/${key}`,
    async wrap(secret, context) {
      const { status, json } = await ask("encrypt", context, { plaintext: secret.toString("base64") });
      if (status !== 200) throw refusal(status);
      const ciphertext = textIn(json, "data", "ciphertext");
      if (ciphertext === null || !/^vault:v[0-9]+:[A-Za-z0-9+/=]+$/.test(ciphertext)) throw unavailable("the answer is none of the transit engine's");
      return ciphertext;
    },
    async unwrap(wrapped, context) {
      const { status, json } = await ask("decrypt", context, { ciphertext: wrapped });
      if (status === 400) throw new SallyportError("custodian.store", { why: "this key of vault-transit did not wrap the root secret" });
      if (status !== 200) throw refusal(status);
      const plaintext = textIn(json, "data", "plaintext");
      if (plaintext === null) throw unavailable("the answer is none of the transit engine's");
      return Buffer.from(plaintext, "base64");
    },
  };
}

function refusal(status: number): SallyportError {
  if (status === 403) return unavailable("the token or its policy was refused");
  if (status === 404) return unavailable("there is no such key or mount");
  return unavailable(status === 400 ? "the request was refused: is the key a derived one that encrypts?" : `the answer was ${status}`);
}
