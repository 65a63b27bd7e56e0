import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Authority, createAuthority, createRequest } from "@sallyport/pki";
import { afterAll, beforeAll, expect, test } from "vitest";
import { checkSettings } from "./processes.ts";

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
