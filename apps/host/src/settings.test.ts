import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SallyportError } from "@sallyport/errors";
import { failureText } from "./failure-text.ts";
import { type Environment, readSettings } from "./settings.ts";

const STRONG = "vQ7-rT2_mZ9pLx4KcW";
const url = (rest: string, password = STRONG): string => `postgres://owner:${password}@${rest}`;
const file = (name: string): string => join(folder, name);
let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sallyport-settings-"));
  writeFileSync(file("good"), `${url("127.0.0.1/trial")}\n`, { mode: 0o600 });
  writeFileSync(file("secret"), `${STRONG}\n`, { mode: 0o600 });
  writeFileSync(file("open"), url("127.0.0.1/trial"), { mode: 0o600 });
  chmodSync(file("open"), 0o644);
  writeFileSync(file("anchors"), JSON.stringify({ mode: "best-effort", folder: "/worm" }));
  writeFileSync(file("alerts"), JSON.stringify({ webhooks: [{ name: "soc", url: "https://soc.example/", secretFiles: [file("whsec")] }] }));
  writeFileSync(file("egress"), JSON.stringify({ credentials: [{ kind: "sftp", name: "drop", host: "sftp.example", keyFile: file("ssh") }] }));
  for (const [name, key] of [
    ["loose-egress", "loose-ssh"],
    ["absent-egress", "no-ssh"],
  ] as const)
    writeFileSync(file(name), JSON.stringify({ credentials: [{ kind: "sftp", name: "drop", host: "sftp.example", keyFile: file(key) }] }));
  writeFileSync(file("loose-ssh"), `${SSH_KEY}\n`, { mode: 0o644 });
  writeFileSync(file("ssh"), `${SSH_KEY}\n`, { mode: 0o600 });
  writeFileSync(file("whsec"), `${WHSEC}\n`, { mode: 0o600 });
  writeFileSync(file("alerts-open"), JSON.stringify({ webhooks: [{ name: "soc", url: "https://soc.example/", secretFiles: [file("open")] }] }));
  writeFileSync(file("empty"), "\n", { mode: 0o600 });
  writeFileSync(file("weak"), url("127.0.0.1/trial", "Passw0rd"), { mode: 0o600 });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("hands the custodian where its root key is, and refuses what the custodian would", () => {
  const rootKey = {
    SALLYPORT_ROOT_KEY: "vault-transit",
    SALLYPORT_VAULT_ADDRESS: "https://vault.example",
    SALLYPORT_VAULT_KEY: "sallyport",
    SALLYPORT_VAULT_TOKEN_FILE: "/run/secrets/token",
  };
  expect(readSettings(rootKey).rootKey).toEqual(rootKey);
  expect(readSettings({}).rootKey).toEqual({});
  expect(failureText(failure({ ...rootKey, SALLYPORT_VAULT_TOKEN_FILE: "hvs.hidden" }))).toBe(
    "SALLYPORT_VAULT_TOKEN_FILE, is not an absolute path: A setting is missing or wrong. Begin it with /. [setting.invalid]",
  );
  expect(failure({ SALLYPORT_VAULT_KEYS: "x" }).context).toMatchObject({ remedy: "did you mean SALLYPORT_VAULT_KEY?" });
});

/** Not a key: what it opens, no server has. */
const SSH_KEY = ["-----BEGIN OPENSSH", "PRIVATE KEY-----"].join(" ");
const WHSEC = `whsec_${Buffer.from(Array.from({ length: 32 }, (_, at) => at * 3)).toString("base64")}`;
const PROVIDER: Environment = { SALLYPORT_OIDC_ISSUER: "https://login.example", SALLYPORT_OIDC_CLIENT_ID: "sallyport", SALLYPORT_OIDC_CLIENT_SECRET: STRONG };

const failure = (environment: Environment): SallyportError => {
  try {
    readSettings(environment);
  } catch (error) {
    if (error instanceof SallyportError) return error;
    throw error;
  }
  throw new Error("the settings were accepted");
};

describe("settings", () => {
  it("have defaults: all of them may be absent", () => {
    expect(readSettings({})).toEqual({
      home: join(process.cwd(), ".sallyport"),
      consolePort: 3000,
      apiPort: 3001,
      custodianPort: null,
      databaseUrl: null,
      seed: "synthetic",
      consoleOrigin: null,
      provider: null,
      anchors: null,
      alerts: null,
      rootKey: {},
      egress: null,
      archiveAfterDays: null,
      standby: false,
    });
  });

  it("are taken as they are given", () => {
    const given = {
      SALLYPORT_HOME: "/srv/sallyport",
      SALLYPORT_CONSOLE_PORT: "8080",
      SALLYPORT_API_PORT: "8443",
      SALLYPORT_CUSTODIAN_PORT: "9000",
      SALLYPORT_DATABASE_URL_FILE: file("good"),
      SALLYPORT_SEED: "none",
      SALLYPORT_CONSOLE_ORIGIN: "https://sallyport.example",
      SALLYPORT_OIDC_ISSUER: "https://login.example/realms/trial",
      SALLYPORT_OIDC_CLIENT_ID: "sallyport",
      SALLYPORT_OIDC_CLIENT_SECRET_FILE: file("secret"),
      SALLYPORT_ANCHORS_FILE: file("anchors"),
      SALLYPORT_ALERTS_FILE: file("alerts"),
      SALLYPORT_EGRESS_FILE: file("egress"),
      SALLYPORT_ARCHIVE_AFTER_DAYS: "365",
      SALLYPORT_STANDBY: "on",
      NODE_ENV: "production",
      OTHER: "x",
    };
    expect(readSettings(given)).toEqual({
      home: "/srv/sallyport",
      consolePort: 8080,
      apiPort: 8443,
      custodianPort: 9000,
      databaseUrl: url("127.0.0.1/trial"),
      seed: "none",
      consoleOrigin: "https://sallyport.example",
      provider: { issuer: "https://login.example/realms/trial", clientId: "sallyport", clientSecret: STRONG },
      anchors: { mode: "best-effort", unanchoredSecondsMax: 300, witnesses: [], timestamp: null, folder: "/worm" },
      alerts: { webhooks: [{ name: "soc", url: "https://soc.example/", secrets: [WHSEC] }], mail: [] },
      rootKey: {},
      egress: { credentials: [{ kind: "sftp", name: "drop", host: "sftp.example", key: SSH_KEY }] },
      archiveAfterDays: 365,
      standby: true,
    });
  });

  it.each([
    ["another host, verified", url("db.example.org:5433/trial?sslmode=verify-full")],
    ["localhost", url("localhost/trial")],
    ["IPv6 loopback", url("[::1]:5432/trial")],
  ])("accept a database at %s", (_, value) => expect(readSettings({ SALLYPORT_DATABASE_URL: value }).databaseUrl).toBe(value));

  it("accept a provider on this host without TLS", () =>
    expect(readSettings({ ...PROVIDER, SALLYPORT_OIDC_ISSUER: "http://localhost:8080" }).provider?.issuer).toBe("http://localhost:8080"));

  const refused: readonly (readonly [what: string, environment: () => Environment, code: string, names: string])[] = [
    ["a port that is no number", () => ({ SALLYPORT_API_PORT: "abc" }), "setting.invalid", "SALLYPORT_API_PORT"],
    ["a port above 65535", () => ({ SALLYPORT_CONSOLE_PORT: "70000" }), "setting.invalid", "SALLYPORT_CONSOLE_PORT"],
    ["port 0", () => ({ SALLYPORT_API_PORT: "0" }), "setting.invalid", "SALLYPORT_API_PORT"],
    ["a port in hexadecimal", () => ({ SALLYPORT_API_PORT: "0x50" }), "setting.invalid", "SALLYPORT_API_PORT"],
    ["a port with a fraction", () => ({ SALLYPORT_CUSTODIAN_PORT: "80.5" }), "setting.invalid", "SALLYPORT_CUSTODIAN_PORT"],
    ["an empty port", () => ({ SALLYPORT_API_PORT: "" }), "setting.invalid", "SALLYPORT_API_PORT"],
    ["an empty home", () => ({ SALLYPORT_HOME: " " }), "setting.invalid", "SALLYPORT_HOME"],
    ["a console on an address, which no passkey is made for", () => ({ SALLYPORT_CONSOLE_ORIGIN: "http://127.0.0.1:3000" }), "setting.invalid", "SALLYPORT_CONSOLE_ORIGIN"],
    ["a console without TLS on another host", () => ({ SALLYPORT_CONSOLE_ORIGIN: "http://sallyport.example" }), "setting.invalid", "SALLYPORT_CONSOLE_ORIGIN"],
    ["a credential whose key others can read", () => ({ SALLYPORT_EGRESS_FILE: file("loose-egress") }), "secret.exposed", "SALLYPORT_EGRESS_FILE"],
    ["a credential whose key isn't there", () => ({ SALLYPORT_EGRESS_FILE: file("absent-egress") }), "secret.missing", "SALLYPORT_EGRESS_FILE"],
    ["a seed that does not exist", () => ({ SALLYPORT_SEED: "maybe" }), "setting.invalid", "SALLYPORT_SEED"],
    ["one port for two listeners", () => ({ SALLYPORT_API_PORT: "3000" }), "port.taken", "SALLYPORT_API_PORT"],
    ["a name with a slip", () => ({ SALLYPORT_CONSOL_PORT: "3000" }), "setting.invalid", "SALLYPORT_CONSOLE_PORT"],
    ["a secret in two places", () => ({ SALLYPORT_DATABASE_URL: url("localhost/t"), SALLYPORT_DATABASE_URL_FILE: file("good") }), "setting.invalid", "SALLYPORT_DATABASE_URL_FILE"],
    ["a NODE_ENV for development", () => ({ NODE_ENV: "development" }), "setting.invalid", "NODE_ENV"],
    ["an empty NODE_ENV", () => ({ NODE_ENV: "" }), "setting.invalid", "NODE_ENV"],
    ["a database that is no URL", () => ({ SALLYPORT_DATABASE_URL: "127.0.0.1" }), "setting.invalid", "SALLYPORT_DATABASE_URL"],
    ["another kind of database", () => ({ SALLYPORT_DATABASE_URL: `mysql://owner:${STRONG}@localhost/t` }), "setting.invalid", "SALLYPORT_DATABASE_URL"],
    ["a URL without a database", () => ({ SALLYPORT_DATABASE_URL: url("localhost") }), "setting.invalid", "SALLYPORT_DATABASE_URL"],
    ["a URL without a user", () => ({ SALLYPORT_DATABASE_URL: "postgres://localhost/t" }), "setting.invalid", "SALLYPORT_DATABASE_URL"],
    ["a URL without a password", () => ({ SALLYPORT_DATABASE_URL: "postgres://owner@localhost/t" }), "secret.missing", "SALLYPORT_DATABASE_URL"],
    ["an example password", () => ({ SALLYPORT_DATABASE_URL: url("localhost/t", "change-me-please") }), "secret.weak", "SALLYPORT_DATABASE_URL"],
    ["the user's name as the password", () => ({ SALLYPORT_DATABASE_URL: "postgres://postgres:postgres@localhost/t" }), "secret.weak", "SALLYPORT_DATABASE_URL"],
    [
      "a placeholder that nobody filled in",
      () => ({ SALLYPORT_DATABASE_URL: url("localhost/t", encodeURIComponent("${DATABASE_PASSWORD}")) }),
      "secret.weak",
      "SALLYPORT_DATABASE_URL",
    ],
    ["one character many times", () => ({ SALLYPORT_DATABASE_URL: url("localhost/t", "xxxxxxxxxxxxxxxxxxxx") }), "secret.weak", "SALLYPORT_DATABASE_URL"],
    ["a short password", () => ({ SALLYPORT_DATABASE_URL: url("localhost/t", "q7Rt-2mZ9pLx4Kc") }), "secret.weak", "SALLYPORT_DATABASE_URL"],
    ["another host without TLS", () => ({ SALLYPORT_DATABASE_URL: url("db.example.org/t") }), "database.insecure", "SALLYPORT_DATABASE_URL"],
    ["another host with sslmode=require", () => ({ SALLYPORT_DATABASE_URL: url("10.0.0.5/t?sslmode=require") }), "database.insecure", "SALLYPORT_DATABASE_URL"],
    ["a % that is no escape in a password", () => ({ SALLYPORT_DATABASE_URL: url("localhost/t", `${STRONG}%zz`) }), "setting.invalid", "SALLYPORT_DATABASE_URL"],
    ["a % that is no escape in a user", () => ({ SALLYPORT_DATABASE_URL: url("localhost/t").replace("owner", "own%er") }), "setting.invalid", "SALLYPORT_DATABASE_URL"],
    ["a % that is no escape in a database", () => ({ SALLYPORT_DATABASE_URL: url("localhost/t%") }), "setting.invalid", "SALLYPORT_DATABASE_URL"],
    [
      "a certificate that can't be read",
      () => ({ SALLYPORT_DATABASE_URL: url("10.0.0.5/t?sslmode=verify-full&sslrootcert=/absent/ca.pem") }),
      "setting.invalid",
      "SALLYPORT_DATABASE_URL",
    ],
    ["a parameter of a session", () => ({ SALLYPORT_DATABASE_URL: url("localhost/t?application_name=x") }), "setting.invalid", "SALLYPORT_DATABASE_URL"],
    ["a mode of TLS that isn't one", () => ({ SALLYPORT_DATABASE_URL: url("localhost/t?sslmode=prefer") }), "setting.invalid", "SALLYPORT_DATABASE_URL"],
    ["two contradicting sslmodes", () => ({ SALLYPORT_DATABASE_URL: url("10.0.0.5/t?sslmode=verify-full&sslmode=disable") }), "setting.invalid", "SALLYPORT_DATABASE_URL"],
    ["a secret file that is not there", () => ({ SALLYPORT_DATABASE_URL_FILE: file("absent") }), "secret.missing", "SALLYPORT_DATABASE_URL_FILE"],
    ["a secret file that is a folder", () => ({ SALLYPORT_DATABASE_URL_FILE: folder }), "secret.missing", "SALLYPORT_DATABASE_URL_FILE"],
    ["an empty secret file", () => ({ SALLYPORT_DATABASE_URL_FILE: file("empty") }), "secret.missing", "SALLYPORT_DATABASE_URL_FILE"],
    ["a secret file that others can read", () => ({ SALLYPORT_DATABASE_URL_FILE: file("open") }), "secret.exposed", "SALLYPORT_DATABASE_URL_FILE"],
    ["a plan of anchors that isn't there", () => ({ SALLYPORT_ANCHORS_FILE: file("absent") }), "setting.invalid", "SALLYPORT_ANCHORS_FILE"],
    ["a plan of anchors that isn't one", () => ({ SALLYPORT_ANCHORS_FILE: file("good") }), "setting.invalid", "SALLYPORT_ANCHORS_FILE"],
    ["days that are no number", () => ({ SALLYPORT_ARCHIVE_AFTER_DAYS: "0" }), "setting.invalid", "SALLYPORT_ARCHIVE_AFTER_DAYS"],
    ["a standby that is neither on nor off", () => ({ SALLYPORT_STANDBY: "yes" }), "setting.invalid", "SALLYPORT_STANDBY"],
    ["a plan of alerts that isn't there", () => ({ SALLYPORT_ALERTS_FILE: file("absent") }), "setting.invalid", "SALLYPORT_ALERTS_FILE"],
    ["a plan of alerts that isn't one", () => ({ SALLYPORT_ALERTS_FILE: file("good") }), "setting.invalid", "SALLYPORT_ALERTS_FILE"],
    ["alerts whose secret others can read", () => ({ SALLYPORT_ALERTS_FILE: file("alerts-open") }), "secret.exposed", "SALLYPORT_ALERTS_FILE"],
    ["a provider without its client's name", () => ({ ...PROVIDER, SALLYPORT_OIDC_CLIENT_ID: undefined }), "setting.invalid", "SALLYPORT_OIDC_CLIENT_ID"],
    ["a provider's client without the provider", () => ({ ...PROVIDER, SALLYPORT_OIDC_ISSUER: undefined }), "setting.invalid", "SALLYPORT_OIDC_ISSUER"],
    ["a provider without a secret", () => ({ ...PROVIDER, SALLYPORT_OIDC_CLIENT_SECRET: undefined }), "secret.missing", "SALLYPORT_OIDC_CLIENT_SECRET"],
    ["a provider's secret in two places", () => ({ ...PROVIDER, SALLYPORT_OIDC_CLIENT_SECRET_FILE: file("secret") }), "setting.invalid", "SALLYPORT_OIDC_CLIENT_SECRET"],
    ["a provider's secret that is an example", () => ({ ...PROVIDER, SALLYPORT_OIDC_CLIENT_SECRET: "change-me-please" }), "secret.weak", "SALLYPORT_OIDC_CLIENT_SECRET"],
    ["a provider without TLS on another host", () => ({ ...PROVIDER, SALLYPORT_OIDC_ISSUER: "http://login.example" }), "setting.invalid", "SALLYPORT_OIDC_ISSUER"],
    ["a provider's issuer with a query", () => ({ ...PROVIDER, SALLYPORT_OIDC_ISSUER: "https://login.example/?a" }), "setting.invalid", "SALLYPORT_OIDC_ISSUER"],
    ["an example in a secret file", () => ({ SALLYPORT_DATABASE_URL_FILE: file("weak") }), "secret.weak", "SALLYPORT_DATABASE_URL_FILE"],
  ];

  it.each(refused)("%s is refused by the setting's name, and no secret is repeated", (_, environment, code, names) => {
    const error = failure(environment());
    const text = failureText(error);
    expect(error.code).toBe(code);
    expect(text).toContain(names);
    expect(text).toContain(`[${code}]`);
    for (const secret of [STRONG, "change-me", "Passw0rd", "q7Rt", "xxxxx", "postgres:postgres", "DATABASE_PASSWORD"]) expect(text).not.toContain(secret);
  });
});
