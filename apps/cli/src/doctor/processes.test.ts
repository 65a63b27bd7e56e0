import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Authority, createAuthority, createRequest } from "@sallyport/pki";
import { afterAll, beforeAll, expect, test } from "vitest";
import { checkSettings, standbyFindings } from "./processes.ts";

const folder = mkdtempSync(join(tmpdir(), "sallyport-doctor-"));
let server: Server;
let provider: Readonly<Record<string, string>>;

beforeAll(async () => {
  const material = createAuthority({ trustDomain: "kv.test", now: Date.now, years: 1 });
  const { csrPem, keyPem } = createRequest();
  const { certPem } = new Authority(material).issue({ csrPem, spiffe: "spiffe://kv.test/service", dns: ["localhost"] });
  server = createServer({ key: keyPem, cert: certPem }, ({ url }, response) => {
    response.writeHead(url === "/v1/kv/sallyport" ? 200 : 404).end(JSON.stringify({ data: { oidc: "a-secret-of-the-provider-0123" } }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  writeFileSync(join(folder, "ca"), material.certPem);
  writeFileSync(join(folder, "token"), "hvs.a-token-of-the-test", { mode: 0o600 });
  provider = {
    SALLYPORT_OIDC_ISSUER: "https://login.example",
    SALLYPORT_OIDC_CLIENT_ID: "sallyport",
    SALLYPORT_OIDC_CLIENT_SECRET_KV: "kv/sallyport#oidc",
    SALLYPORT_KV_ADDRESS: `https://localhost:${(server.address() as AddressInfo).port}`,
    SALLYPORT_KV_TOKEN_FILE: join(folder, "token"),
    SALLYPORT_KV_CA_FILE: join(folder, "ca"),
  };
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

test("settings with a secret in a KV engine are valid where a start finds it there, and otherwise an error with the setting's name", async () => {
  expect(await checkSettings(provider)).toMatchObject({ severity: "ok" });
  const elsewhere = { ...provider, SALLYPORT_OIDC_CLIENT_SECRET_KV: "kv/other#oidc" };
  expect(await checkSettings(elsewhere)).toMatchObject({ severity: "error", message: expect.stringContaining("SALLYPORT_OIDC_CLIENT_SECRET_KV") as string });
});

const custodian = (name: string, role: "active" | "waiting" | "blocked" | "silent" | null, code: string | null = null) => ({
  name,
  pid: 2,
  state: "running",
  sinceMs: 1,
  standing: role === null ? null : { role, code },
});

test.each([
  ["one custodian alone", [custodian("custodian", null)], []],
  [
    "one that serves and one that waits",
    [custodian("custodian", "waiting"), custodian("custodian-b", "active")],
    ["ok: one custodian serves, and one waits, sealed, to take over"],
  ],
  ["a standby that is just being started", [custodian("custodian", "active"), custodian("custodian-b", null)], ["warning: one custodian runs, and none waits beside it"]],
  ["a standby that hangs", [custodian("custodian", "active"), custodian("custodian-b", "silent")], ["error: custodian-b should wait to take over, and says nothing"]],
  [
    "two that can't serve",
    [custodian("custodian", "blocked", "custodian.older"), custodian("custodian-b", "blocked", "custodian.older")],
    [
      "error: no custodian serves: everything that is protected answers 503",
      "error: custodian can't take over (custodian.older)",
      "error: custodian-b can't take over (custodian.older)",
    ],
  ],
] as const)("of the standby is told what stands: %s", (_, processes, findings) => {
  expect(standbyFindings(processes).map(({ severity, message }) => `${severity}: ${message}`)).toEqual(findings);
});
