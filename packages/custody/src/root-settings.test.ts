import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SallyportError } from "@sallyport/errors";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ROOT_SETTING_NAMES, rootSettingsOf, rootWrapperOf } from "./root-settings.ts";

const home = mkdtempSync(join(tmpdir(), "root-settings-"));
beforeAll(() => {
  writeFileSync(join(home, "module.so"), "");
  writeFileSync(join(home, "text"), "no certificate");
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

const good: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  file: { SALLYPORT_ROOT_KEY_FILE: "/run/secrets/root.key" },
  pkcs11: {
    SALLYPORT_PKCS11_MODULE: "HOME/module.so",
    SALLYPORT_PKCS11_TOKEN: "sallyport",
    SALLYPORT_PKCS11_KEY: "root",
    SALLYPORT_PKCS11_PIN_FILE: "/run/secrets/pin",
  },
  "vault-transit": { SALLYPORT_VAULT_ADDRESS: "https://vault.example:8200", SALLYPORT_VAULT_KEY: "sallyport", SALLYPORT_VAULT_TOKEN_FILE: "/run/secrets/token" },
  "aws-kms": {
    SALLYPORT_KMS_KEY: "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    SALLYPORT_KMS_ACCESS_KEY_ID: "THEKEYOFTHETEST01",
    SALLYPORT_KMS_SECRET_ACCESS_KEY_FILE: "/run/secrets/kms",
  },
};
const of = (provider: string, over: Readonly<Record<string, string | undefined>> = {}): Record<string, string | undefined> =>
  Object.fromEntries(Object.entries({ SALLYPORT_ROOT_KEY: provider, ...good[provider], ...over }).map(([name, value]) => [name, value?.replace("HOME", home)]));

function refusal(env: Readonly<Record<string, string | undefined>>): { readonly setting: unknown; readonly said: string } {
  try {
    rootWrapperOf(env);
  } catch (error) {
    if (error instanceof SallyportError && error.code === "setting.invalid" && typeof error.context["remedy"] === "string")
      return { setting: error.context["setting"], said: JSON.stringify([error.message, error.context]) };
    throw error;
  }
  throw new Error("it was taken");
}

test("without a setting it is the file in the custodian's folder; with them, the provider that they name", () => {
  expect(rootWrapperOf({})).toBe(null);
  expect(rootWrapperOf({ SALLYPORT_ROOT_KEY: "file" })).toBe(null);
  for (const provider of Object.keys(good)) expect(rootWrapperOf(of(provider))?.provider).toBe(provider);
  expect(rootWrapperOf(of("aws-kms", { SALLYPORT_KMS_ENDPOINT: "https://vpce-1.kms.eu-central-1.vpce.amazonaws.com" }))?.provider).toBe("aws-kms");
});

test.each([
  ["a provider that isn't one", "SALLYPORT_ROOT_KEY", { SALLYPORT_ROOT_KEY: "hsm" }],
  ["an empty provider", "SALLYPORT_ROOT_KEY", { SALLYPORT_ROOT_KEY: "" }],
  ["a setting of another provider", "SALLYPORT_VAULT_KEY", of("pkcs11", { SALLYPORT_VAULT_KEY: "x" })],
  ["a setting without its provider", "SALLYPORT_KMS_KEY", { SALLYPORT_KMS_KEY: "x" }],
  ["a relative path", "SALLYPORT_ROOT_KEY_FILE", of("file", { SALLYPORT_ROOT_KEY_FILE: "root.key" })],
  ["a library that isn't there", "SALLYPORT_PKCS11_MODULE", of("pkcs11", { SALLYPORT_PKCS11_MODULE: "/nowhere/lib.so" })],
  ["no library", "SALLYPORT_PKCS11_MODULE", of("pkcs11", { SALLYPORT_PKCS11_MODULE: undefined })],
  ["no token", "SALLYPORT_PKCS11_TOKEN", of("pkcs11", { SALLYPORT_PKCS11_TOKEN: undefined })],
  ["a label that is too long", "SALLYPORT_PKCS11_KEY", of("pkcs11", { SALLYPORT_PKCS11_KEY: "x".repeat(33) })],
  ["no PIN's file", "SALLYPORT_PKCS11_PIN_FILE", of("pkcs11", { SALLYPORT_PKCS11_PIN_FILE: undefined })],
  ["an address that isn't TLS", "SALLYPORT_VAULT_ADDRESS", of("vault-transit", { SALLYPORT_VAULT_ADDRESS: "http://localhost:8200" })],
  ["an address with a path", "SALLYPORT_VAULT_ADDRESS", of("vault-transit", { SALLYPORT_VAULT_ADDRESS: "https://vault.example/v1" })],
  ["an address with a password", "SALLYPORT_VAULT_ADDRESS", of("vault-transit", { SALLYPORT_VAULT_ADDRESS: "https://me:hidden-word@vault.example" })],
  ["a mount that steps upwards", "SALLYPORT_VAULT_MOUNT", of("vault-transit", { SALLYPORT_VAULT_MOUNT: "../sys" })],
  ["no key of a Vault", "SALLYPORT_VAULT_KEY", of("vault-transit", { SALLYPORT_VAULT_KEY: undefined })],
  ["a token in the setting", "SALLYPORT_VAULT_TOKEN_FILE", of("vault-transit", { SALLYPORT_VAULT_TOKEN_FILE: "hvs.hidden-word" })],
  ["an authority that is none", "SALLYPORT_VAULT_CA_FILE", of("vault-transit", { SALLYPORT_VAULT_CA_FILE: "HOME/text" })],
  ["an alias of a key", "SALLYPORT_KMS_KEY", of("aws-kms", { SALLYPORT_KMS_KEY: "alias/sallyport" })],
  ["no access key", "SALLYPORT_KMS_ACCESS_KEY_ID", of("aws-kms", { SALLYPORT_KMS_ACCESS_KEY_ID: undefined })],
  ["a secret in the setting", "SALLYPORT_KMS_SECRET_ACCESS_KEY_FILE", of("aws-kms", { SALLYPORT_KMS_SECRET_ACCESS_KEY_FILE: "hidden-word" })],
  ["an endpoint without TLS", "SALLYPORT_KMS_ENDPOINT", of("aws-kms", { SALLYPORT_KMS_ENDPOINT: "http://127.0.0.1" })],
])("%s stops the start by the setting's name, with what to do and without its value", (_, setting, env) => {
  const { setting: named, said } = refusal(env);
  expect(named).toBe(setting);
  expect(said).not.toContain("hidden-word");
});

test("what one process hands to another are these settings and nothing else", () => {
  const env = { ...of("pkcs11"), PATH: "/bin", SALLYPORT_HOME: "/x", SOFTHSM2_CONF: "/etc/softhsm2.conf" };
  expect(Object.keys(rootSettingsOf(env)).sort()).toEqual([
    "SALLYPORT_PKCS11_KEY",
    "SALLYPORT_PKCS11_MODULE",
    "SALLYPORT_PKCS11_PIN_FILE",
    "SALLYPORT_PKCS11_TOKEN",
    "SALLYPORT_ROOT_KEY",
    "SOFTHSM2_CONF",
  ]);
  expect(rootSettingsOf({ SOFTHSM2_CONF: "/x" })).toEqual({});
  expect(new Set(ROOT_SETTING_NAMES).size).toBe(ROOT_SETTING_NAMES.length);
});
