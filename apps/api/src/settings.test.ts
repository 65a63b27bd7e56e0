import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readSettings } from "./settings.ts";

const SECRET = "vQ7-rT2_mZ9pLx4KcW";
let folder = "";
const file = (name: string): string => join(folder, name);
const required = () => ({
  NODE_ENV: "production",
  SALLYPORT_CUSTODIAN_ADDRESS: "127.0.0.1:3002",
  SALLYPORT_API_PORT: "3001",
  SALLYPORT_API_DATABASE_URL_FILE: file("url"),
  SALLYPORT_IDENTITY_DIR: folder,
  SALLYPORT_TRUST_DOMAIN: "d1.sallyport",
});
const PROVIDER = { SALLYPORT_OIDC_ISSUER: "https://login.example", SALLYPORT_OIDC_CLIENT_ID: "sallyport", SALLYPORT_OIDC_CLIENT_SECRET: SECRET };

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sallyport-api-settings-"));
  writeFileSync(file("url"), "postgres://u:p@127.0.0.1/t\n", { mode: 0o600 });
  writeFileSync(file("secret"), `${SECRET}\n`, { mode: 0o600 });
  writeFileSync(file("empty"), "\n", { mode: 0o600 });
  writeFileSync(file("open"), SECRET);
  chmodSync(file("open"), 0o644);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("a provider is there with all of its settings, its secret given or in a file, and not there with none", () => {
  const provider = { issuer: "https://login.example", clientId: "sallyport", clientSecret: SECRET };
  expect(readSettings(required()).provider).toBeNull();
  expect(readSettings({ ...required(), ...PROVIDER }).provider).toEqual(provider);
  expect(readSettings({ ...required(), ...PROVIDER, SALLYPORT_OIDC_CLIENT_SECRET: undefined, SALLYPORT_OIDC_CLIENT_SECRET_FILE: file("secret") }).provider).toEqual(provider);
  expect(readSettings({ ...required(), ...PROVIDER, SALLYPORT_OIDC_ISSUER: "http://localhost:8080/realm" }).provider?.issuer).toBe("http://localhost:8080/realm");
});

test.each([
  ["without an issuer", { SALLYPORT_OIDC_ISSUER: undefined }, "setting.invalid", "SALLYPORT_OIDC_ISSUER"],
  ["without TLS", { SALLYPORT_OIDC_ISSUER: "http://login.example" }, "setting.invalid", "SALLYPORT_OIDC_ISSUER"],
  ["on this host by its address", { SALLYPORT_OIDC_ISSUER: "http://127.0.0.1:8080" }, "setting.invalid", "SALLYPORT_OIDC_ISSUER"],
  ["with a query", { SALLYPORT_OIDC_ISSUER: "https://login.example/?realm=a" }, "setting.invalid", "SALLYPORT_OIDC_ISSUER"],
  ["with credentials", { SALLYPORT_OIDC_ISSUER: "https://a:b@login.example" }, "setting.invalid", "SALLYPORT_OIDC_ISSUER"],
  ["in another spelling", { SALLYPORT_OIDC_ISSUER: "https://LOGIN.example" }, "setting.invalid", "SALLYPORT_OIDC_ISSUER"],
  ["without a client", { SALLYPORT_OIDC_CLIENT_ID: undefined }, "setting.invalid", "SALLYPORT_OIDC_CLIENT_ID"],
  ["with a client of two words", { SALLYPORT_OIDC_CLIENT_ID: "sally port" }, "setting.invalid", "SALLYPORT_OIDC_CLIENT_ID"],
  ["without a secret", { SALLYPORT_OIDC_CLIENT_SECRET: undefined }, "setting.invalid", "SALLYPORT_OIDC_CLIENT_SECRET"],
  ["with a secret in two places", { SALLYPORT_OIDC_CLIENT_SECRET_FILE: "secret" }, "setting.invalid", "SALLYPORT_OIDC_CLIENT_SECRET"],
  ["with an empty secret file", { SALLYPORT_OIDC_CLIENT_SECRET: undefined, SALLYPORT_OIDC_CLIENT_SECRET_FILE: "empty" }, "secret.missing", "SALLYPORT_OIDC_CLIENT_SECRET_FILE"],
  [
    "with a secret that others can read",
    { SALLYPORT_OIDC_CLIENT_SECRET: undefined, SALLYPORT_OIDC_CLIENT_SECRET_FILE: "open" },
    "secret.exposed",
    "SALLYPORT_OIDC_CLIENT_SECRET_FILE",
  ],
] as const)("a provider %s stops the start with the setting's name, and no secret is said", (_, change, code, setting) => {
  const named = "SALLYPORT_OIDC_CLIENT_SECRET_FILE" in change ? { SALLYPORT_OIDC_CLIENT_SECRET_FILE: file(change.SALLYPORT_OIDC_CLIENT_SECRET_FILE) } : {};
  try {
    readSettings({ ...required(), ...PROVIDER, ...change, ...named });
  } catch (error) {
    expect(error).toMatchObject({ code, context: { setting } });
    expect(JSON.stringify(error)).not.toContain(SECRET);
    return;
  }
  throw new Error("it was accepted");
});
