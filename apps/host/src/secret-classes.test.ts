import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT_SETTING_NAMES, rootWrapperOf } from "@sallyport/custody/roots";
import { SallyportError } from "@sallyport/errors";
import { afterAll, beforeAll, expect, test } from "vitest";
import { failureText } from "./failure-text.ts";
import { KV_SETTING_NAMES } from "./kv-secrets.ts";
import { type Environment, SETTING_NAMES, settingsWithKv } from "./settings.ts";

const SHORT = "q7Rt-2mZ9p";
const EXAMPLE = "change-me-please";
const STRONG = "vQ7-rT2_mZ9pLx4KcW";
let folder = "";
const at = (name: string): string => join(folder, name);
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sallyport-secrets-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A plan file that names the secret's own. */
function plan(name: string, content: object): string {
  writeFileSync(at(name), JSON.stringify(content));
  return at(name);
}

interface SecretSetting {
  readonly setting: string;
  /** What the file holds, around the secret itself. */
  readonly content?: (secret: string) => string;
  /** With which settings the file is read. */
  readonly environment: (file: string) => Environment;
  /** Where a secret has a form, one that isn't of it is no secret of that kind at all. */
  readonly weak?: "secret.weak" | "setting.invalid";
  /** The custodian reads it, when it opens the root key at its start. */
  readonly isOfRoot?: true;
  /** How long it is isn't ours to say. */
  readonly mayBeShort?: true;
}

const provider = { SALLYPORT_OIDC_ISSUER: "https://login.example", SALLYPORT_OIDC_CLIENT_ID: "sallyport" };
const kv = { SALLYPORT_KV_ADDRESS: "https://vault.example", SALLYPORT_DATABASE_URL_KV: "kv/sallyport#url" };
const mail = { name: "duty", host: "mail.example", port: 587, user: "sallyport", from: "a@mail.example", to: ["b@mail.example"] };
const vault = { SALLYPORT_ROOT_KEY: "vault-transit", SALLYPORT_VAULT_ADDRESS: "https://vault.invalid", SALLYPORT_VAULT_KEY: "sallyport" };
const KMS_ARN = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const kms = { SALLYPORT_ROOT_KEY: "aws-kms", SALLYPORT_KMS_KEY: KMS_ARN, SALLYPORT_KMS_ENDPOINT: "https://kms.invalid", SALLYPORT_KMS_ACCESS_KEY_ID: "THEKEYOFTHETEST01" };
function strongFile(): string {
  writeFileSync(at("strong"), STRONG, { mode: 0o600 });
  return at("strong");
}
const SECRETS: readonly SecretSetting[] = [
  {
    setting: "SALLYPORT_DATABASE_URL_FILE",
    content: (secret) => `postgres://owner:${encodeURIComponent(secret)}@127.0.0.1/trial`,
    environment: (file) => ({ SALLYPORT_DATABASE_URL_FILE: file }),
  },
  { setting: "SALLYPORT_OIDC_CLIENT_SECRET_FILE", environment: (file) => ({ ...provider, SALLYPORT_OIDC_CLIENT_SECRET_FILE: file }) },
  {
    setting: "SALLYPORT_ALERTS_FILE",
    environment: (file) => ({ SALLYPORT_ALERTS_FILE: plan("webhooks", { webhooks: [{ name: "soc", url: "https://soc.example/", secretFiles: [file] }] }) }),
  },
  { setting: "SALLYPORT_ALERTS_FILE", environment: (file) => ({ SALLYPORT_ALERTS_FILE: plan("mail", { mail: [{ ...mail, passwordFile: file }] }) }) },
  {
    setting: "SALLYPORT_EGRESS_FILE",
    environment: (file) => ({ SALLYPORT_EGRESS_FILE: plan("egress", { credentials: [{ kind: "sftp", name: "drop", host: "sftp.example", keyFile: file }] }) }),
    weak: "setting.invalid",
  },
  {
    setting: "SALLYPORT_PKCS11_PIN_FILE",
    environment: (file) => ({
      SALLYPORT_ROOT_KEY: "pkcs11",
      SALLYPORT_PKCS11_MODULE: file.replace(/[^/]*$/, "module"),
      SALLYPORT_PKCS11_TOKEN: "t",
      SALLYPORT_PKCS11_KEY: "k",
      SALLYPORT_PKCS11_PIN_FILE: file,
    }),
    isOfRoot: true,
    mayBeShort: true,
  },
  { setting: "SALLYPORT_VAULT_TOKEN_FILE", environment: (file) => ({ ...vault, SALLYPORT_VAULT_TOKEN_FILE: file }), isOfRoot: true },
  { setting: "SALLYPORT_KMS_SECRET_ACCESS_KEY_FILE", environment: (file) => ({ ...kms, SALLYPORT_KMS_SECRET_ACCESS_KEY_FILE: file }), isOfRoot: true },
  {
    setting: "SALLYPORT_KMS_SESSION_TOKEN_FILE",
    environment: (file) => ({ ...kms, SALLYPORT_KMS_SECRET_ACCESS_KEY_FILE: strongFile(), SALLYPORT_KMS_SESSION_TOKEN_FILE: file }),
    isOfRoot: true,
  },
  { setting: "SALLYPORT_KV_TOKEN_FILE", environment: (file) => ({ ...kv, SALLYPORT_KV_TOKEN_FILE: file }) },
];
const CLASSES = ["missing", "empty", "short", "world-readable", "an example"] as const;

function fileOf({ content = (secret) => secret }: SecretSetting, kind: (typeof CLASSES)[number]): string {
  const file = at(`secret-${kind}`);
  rmSync(file, { force: true });
  if (kind === "missing") return file;
  writeFileSync(file, kind === "empty" ? "\n" : content(kind === "short" ? SHORT : kind === "an example" ? EXAMPLE : STRONG), { mode: 0o600 });
  if (kind === "world-readable") chmodSync(file, 0o644);
  return file;
}

/** Has it read by whoever reads it at the start. */
async function started({ environment, isOfRoot }: SecretSetting, file: string): Promise<void> {
  await settingsWithKv(isOfRoot === true ? {} : environment(file));
  if (isOfRoot !== true) return;
  writeFileSync(at("module"), "");
  await rootWrapperOf(environment(file))?.unwrap("AAAA", { application: "sallyport", root: "root_0" });
}

test.each(
  SECRETS.flatMap((secret, place) => CLASSES.filter((kind) => kind !== "short" || secret.mayBeShort !== true).map((kind) => [place, secret.setting, kind, secret] as const)),
)("%i: a secret of %s that is %s stops the start by its name, with what to do, and isn't repeated", async (_, setting, kind, secret) => {
  const failure: unknown = await started(secret, fileOf(secret, kind)).then(
    () => "started",
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(SallyportError);
  const code = kind === "world-readable" ? "secret.exposed" : kind === "missing" || kind === "empty" ? "secret.missing" : (secret.weak ?? "secret.weak");
  expect(failure).toMatchObject({ code, context: { setting } });
  const text = failureText(failure);
  expect(text).toContain(setting);
  // What to do is the sentence before the code.
  expect(text).toMatch(/\. [A-Z][^.]+.*\. \[[a-z._]+\]$/);
  for (const value of [SHORT, EXAMPLE, "vQ7-rT2"]) expect(text).not.toContain(value);
});

/** What is public, and so no secret. */
const PUBLIC = ["SALLYPORT_ANCHORS_FILE", "SALLYPORT_KV_CA_FILE", "SALLYPORT_VAULT_CA_FILE", "SALLYPORT_KMS_CA_FILE"];
/** What the product makes by itself, of 32 random bytes: nobody puts anything there. */
const MADE = ["SALLYPORT_ROOT_KEY_FILE"];

test("every setting that names a secret's file is in the table", () => {
  const tried = new Set(SECRETS.map(({ setting }) => setting));
  const named = [...new Set<string>([...SETTING_NAMES, ...KV_SETTING_NAMES, ...ROOT_SETTING_NAMES])].filter(
    (name) => name.endsWith("_FILE") && ![...PUBLIC, ...MADE].includes(name),
  );
  expect([...tried].sort()).toEqual(named.sort());
});
