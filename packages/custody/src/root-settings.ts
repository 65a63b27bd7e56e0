import { accessSync, constants, readFileSync } from "node:fs";
import { isAbsolute } from "node:path";
import { SallyportError } from "@sallyport/errors";
import { fileRoot } from "./file-root.ts";
import { KMS_KEY, kmsRoot } from "./kms-root.ts";
import { pkcs11Root } from "./pkcs11-root.ts";
import { ROOT_PROVIDERS, type RootProvider, type RootWrapper } from "./root-wrapper.ts";
import { vaultRoot } from "./vault-root.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Every setting of the root key by the provider that it belongs to. `…_FILE` names a file; a secret is nowhere else. */
const OF_PROVIDER = {
  file: ["SALLYPORT_ROOT_KEY_FILE"],
  pkcs11: ["SALLYPORT_PKCS11_MODULE", "SALLYPORT_PKCS11_TOKEN", "SALLYPORT_PKCS11_KEY", "SALLYPORT_PKCS11_PIN_FILE"],
  "vault-transit": [
    "SALLYPORT_VAULT_ADDRESS",
    "SALLYPORT_VAULT_MOUNT",
    "SALLYPORT_VAULT_KEY",
    "SALLYPORT_VAULT_NAMESPACE",
    "SALLYPORT_VAULT_TOKEN_FILE",
    "SALLYPORT_VAULT_CA_FILE",
  ],
  "aws-kms": [
    "SALLYPORT_KMS_KEY",
    "SALLYPORT_KMS_ENDPOINT",
    "SALLYPORT_KMS_ACCESS_KEY_ID",
    "SALLYPORT_KMS_SECRET_ACCESS_KEY_FILE",
    "SALLYPORT_KMS_SESSION_TOKEN_FILE",
    "SALLYPORT_KMS_CA_FILE",
  ],
} as const satisfies Readonly<Record<RootProvider, readonly string[]>>;
type RootSettingName = "SALLYPORT_ROOT_KEY" | (typeof OF_PROVIDER)[RootProvider][number];

export const ROOT_SETTING_NAMES: readonly RootSettingName[] = ["SALLYPORT_ROOT_KEY", ...Object.values(OF_PROVIDER).flat()];

const invalid = (setting: RootSettingName, reason: string, remedy: string): SallyportError => new SallyportError("setting.invalid", { setting, reason, remedy });

/** The settings of the root key alone, as one process hands them to another, and where SoftHSM's library finds its own. */
export const rootSettingsOf = (env: Environment): Readonly<Record<string, string>> => {
  const names = env["SALLYPORT_ROOT_KEY"] === "pkcs11" ? [...ROOT_SETTING_NAMES, "SOFTHSM2_CONF"] : ROOT_SETTING_NAMES;
  return Object.fromEntries(names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
};

/**
 * The key that the settings name; null for the one that is the file `root.key` in the custodian's folder. Nothing is opened yet, and no secret is read.
 *
 * @throws `setting.invalid` with the setting's name and what to do, never with a secret.
 */
export function rootWrapperOf(env: Environment, now: () => number = Date.now): RootWrapper | null {
  const text = (name: RootSettingName): string | null => {
    const value = env[name];
    if (value === undefined) return null;
    if (!/^[\x21-\x7e](?:[\x20-\x7e]{0,2046}[\x21-\x7e])?$/.test(value)) throw invalid(name, "is empty, or not one line of plain text", "give it a value or unset it");
    return value;
  };
  const provider = text("SALLYPORT_ROOT_KEY") ?? "file";
  if (!isProvider(provider)) throw invalid("SALLYPORT_ROOT_KEY", "names no provider", `use one of ${ROOT_PROVIDERS.join(", ")}`);
  for (const [owner, names] of Object.entries(OF_PROVIDER))
    for (const name of names)
      if (owner !== provider && text(name) !== null) throw invalid(name, `is set, and SALLYPORT_ROOT_KEY is not ${owner}`, `unset it, or set SALLYPORT_ROOT_KEY=${owner}`);
  const needed = (name: RootSettingName): string => {
    const value = text(name);
    if (value === null) throw invalid(name, `is missing, and SALLYPORT_ROOT_KEY is ${provider}`, "set it; docs/runbooks/root-key.md says to what");
    return value;
  };
  /** A path that says the same to every process. */
  const path = (name: RootSettingName): string => {
    const value = needed(name);
    if (!isAbsolute(value)) throw invalid(name, "is not an absolute path", "begin it with /");
    return value;
  };
  const matching = (name: RootSettingName, form: RegExp, what: string): string => {
    const value = needed(name);
    if (!form.test(value)) throw invalid(name, `is not ${what}`, "correct it");
    return value;
  };
  const origin = (name: RootSettingName): string => {
    const value = needed(name);
    if (!URL.canParse(value) || new URL(value).protocol !== "https:" || new URL(value).origin !== value.replace(/\/$/, ""))
      throw invalid(name, "is not an https address", "write it as https://host:port; a key service is reached over verified TLS alone");
    return new URL(value).origin;
  };
  const authority = (name: RootSettingName): string | null => {
    if (text(name) === null) return null;
    try {
      const pem = readFileSync(path(name), "utf8");
      if (pem.includes("-----BEGIN CERTIFICATE-----")) return pem;
    } catch (error) {
      if (error instanceof SallyportError) throw error;
    }
    throw invalid(name, "names no readable file of certificates", "name a PEM file of the authorities that the service's certificate is from");
  };
  switch (provider) {
    case "file":
      return text("SALLYPORT_ROOT_KEY_FILE") === null ? null : fileRoot(path("SALLYPORT_ROOT_KEY_FILE"));
    case "pkcs11": {
      const module = path("SALLYPORT_PKCS11_MODULE");
      try {
        accessSync(module, constants.R_OK);
      } catch {
        throw invalid("SALLYPORT_PKCS11_MODULE", "names no file that can be read", "name the library of the token's vendor");
      }
      const label = (name: RootSettingName): string => matching(name, /^[A-Za-z0-9_. -]{1,32}$/, "a label of at most 32 letters, digits, blanks, dots, hyphens and underscores");
      return pkcs11Root({ module, token: label("SALLYPORT_PKCS11_TOKEN"), key: label("SALLYPORT_PKCS11_KEY"), pinFile: path("SALLYPORT_PKCS11_PIN_FILE") });
    }
    case "vault-transit":
      return vaultRoot({
        address: origin("SALLYPORT_VAULT_ADDRESS"),
        mount: text("SALLYPORT_VAULT_MOUNT") === null ? "transit" : matching("SALLYPORT_VAULT_MOUNT", /^[A-Za-z0-9_-]+(?:\/[A-Za-z0-9_-]+)*$/, "the path of a mount"),
        key: matching("SALLYPORT_VAULT_KEY", /^[A-Za-z0-9_.-]{1,128}$/, "the name of a key"),
        namespace: text("SALLYPORT_VAULT_NAMESPACE"),
        tokenFile: path("SALLYPORT_VAULT_TOKEN_FILE"),
        ca: authority("SALLYPORT_VAULT_CA_FILE"),
      });
    case "aws-kms":
      return kmsRoot({
        key: matching("SALLYPORT_KMS_KEY", KMS_KEY, "the ARN of a key by its id (arn:aws:kms:<region>:<account>:key/<id>)"),
        endpoint: text("SALLYPORT_KMS_ENDPOINT") === null ? null : origin("SALLYPORT_KMS_ENDPOINT"),
        accessKeyId: matching("SALLYPORT_KMS_ACCESS_KEY_ID", /^[A-Z0-9]{16,128}$/, "the id of an access key"),
        secretAccessKeyFile: path("SALLYPORT_KMS_SECRET_ACCESS_KEY_FILE"),
        sessionTokenFile: text("SALLYPORT_KMS_SESSION_TOKEN_FILE") === null ? null : path("SALLYPORT_KMS_SESSION_TOKEN_FILE"),
        ca: authority("SALLYPORT_KMS_CA_FILE"),
        now,
      });
  }
}

const isProvider = (text: string): text is RootProvider => (ROOT_PROVIDERS as readonly string[]).includes(text);
