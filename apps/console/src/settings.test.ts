import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readSettings } from "./settings.ts";

const good = {
  NODE_ENV: "production",
  SALLYPORT_CONSOLE_PORT: "7400",
  SALLYPORT_API_URL: "https://localhost:7443",
  SALLYPORT_IDENTITY_DIR: "/somewhere/identity/console",
  SALLYPORT_TRUST_DOMAIN: "dtest.sallyport",
};

let folder: string;
const file = (name: string, mode: number) => {
  const path = join(folder, name);
  writeFileSync(path, "pem");
  chmodSync(path, mode);
  return path;
};
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sallyport-console-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The code and the setting of the refusal. */
function refusal(env: Record<string, string | undefined>): { code: string; setting: unknown } {
  try {
    readSettings({ ...good, ...env });
  } catch (error) {
    const { code, context } = error as { code: string; context: Record<string, unknown> };
    return { code, setting: context["setting"] };
  }
  return { code: "accepted", setting: undefined };
}

describe("the console's settings", () => {
  test("are taken when they are whole; localhost is where it listens unless told", () => {
    expect(readSettings(good)).toMatchObject({ port: 7400, host: "localhost", identityDir: good.SALLYPORT_IDENTITY_DIR, trustDomain: "dtest.sallyport", tls: null });
    expect(readSettings(good).apiUrl.origin).toBe("https://localhost:7443");
  });

  test.each([
    ["NODE_ENV", undefined],
    ["NODE_ENV", "development"],
    ["SALLYPORT_CONSOLE_PORT", undefined],
    ["SALLYPORT_CONSOLE_PORT", "65536"],
    ["SALLYPORT_CONSOLE_PORT", "7400x"],
    ["SALLYPORT_API_URL", undefined],
    ["SALLYPORT_API_URL", "http://localhost:7443"],
    ["SALLYPORT_API_URL", "https://user:secret@localhost"],
    ["SALLYPORT_API_URL", "https://localhost/path"],
    ["SALLYPORT_IDENTITY_DIR", ""],
    ["SALLYPORT_TRUST_DOMAIN", undefined],
    ["SALLYPORT_CONSOLE_HOST", "0.0.0.0"],
    ["SALLYPORT_CONSOLE_HOST", "console.example.org"],
    ["SALLYPORT_CONSOLE_HOST", ""],
  ])("name %s when it is %s", (setting, value) => {
    expect(refusal({ [setting]: value })).toEqual({ code: "setting.invalid", setting });
  });

  test("take a certificate and its key together, and then another host", () => {
    const tls = { SALLYPORT_CONSOLE_TLS_CERT_FILE: file("cert.pem", 0o644), SALLYPORT_CONSOLE_TLS_KEY_FILE: file("key.pem", 0o600) };
    expect(readSettings({ ...good, ...tls, SALLYPORT_CONSOLE_HOST: "0.0.0.0" })).toMatchObject({ host: "0.0.0.0", tls: { certPem: "pem", keyPem: "pem" } });
    expect(refusal({ SALLYPORT_CONSOLE_TLS_CERT_FILE: tls.SALLYPORT_CONSOLE_TLS_CERT_FILE })).toEqual({ code: "setting.invalid", setting: "SALLYPORT_CONSOLE_TLS_KEY_FILE" });
    expect(refusal({ SALLYPORT_CONSOLE_TLS_KEY_FILE: tls.SALLYPORT_CONSOLE_TLS_KEY_FILE })).toEqual({ code: "setting.invalid", setting: "SALLYPORT_CONSOLE_TLS_CERT_FILE" });
    expect(refusal({ ...tls, SALLYPORT_CONSOLE_TLS_KEY_FILE: file("open.pem", 0o640) })).toEqual({ code: "secret.exposed", setting: "SALLYPORT_CONSOLE_TLS_KEY_FILE" });
    expect(refusal({ ...tls, SALLYPORT_CONSOLE_TLS_KEY_FILE: join(folder, "absent") })).toEqual({ code: "secret.missing", setting: "SALLYPORT_CONSOLE_TLS_KEY_FILE" });
  });
});
