import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SallyportError } from "@sallyport/errors";
import { Authority, createAuthority, createRequest } from "@sallyport/pki";
import { faultTest } from "@sallyport/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { withKvSecrets } from "./kv-secrets.ts";
import { type Environment, readHome, readSettings, settingsWithKv } from "./settings.ts";

const TOKEN = "hvs.a-token-of-the-test-CAESIL";
const URL_THERE = `postgres://owner:${["vQ7-rT2", "mZ9pLx4KcW"].join("_")}@127.0.0.1/trial`;
/** What the documentation of the KV engine says of `GET /v1/<path>`: version 2 has the fields beside their metadata, version 1 hasn't. */
const THERE: Readonly<Record<string, unknown>> = {
  "/v1/secret/data/sallyport": { data: { data: { url: URL_THERE, short: "postgres://owner:Passw0rd@127.0.0.1/trial", number: 7, empty: "" }, metadata: { version: 3 } } },
  "/v1/kv/sallyport": { data: { url: URL_THERE, oidc: "a-secret-of-the-provider-0123" } },
};

const folder = mkdtempSync(join(tmpdir(), "kv-"));
const asked: { readonly method: string; readonly path: string; readonly headers: IncomingHttpHeaders }[] = [];
let server: Server;
let address = "";
let isSilent = false;
beforeAll(async () => {
  const material = createAuthority({ trustDomain: "kv.test", now: Date.now, years: 1 });
  const { csrPem, keyPem } = createRequest();
  const { certPem } = new Authority(material).issue({ csrPem, spiffe: "spiffe://kv.test/service", dns: ["localhost"] });
  server = createServer({ key: keyPem, cert: certPem }, ({ method = "", url = "", headers }, response) => {
    asked.push({ method, path: url, headers });
    if (isSilent) return void response.destroy();
    const found = headers["x-vault-token"] === TOKEN ? THERE[url] : null;
    const [status, body] = found === null ? [403, { errors: ["permission denied"] }] : found === undefined ? [404, { errors: [] }] : [200, found];
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  address = `https://localhost:${(server.address() as AddressInfo).port}`;
  writeFileSync(join(folder, "ca"), material.certPem);
  writeFileSync(join(folder, "other-ca"), createAuthority({ trustDomain: "other.test", now: Date.now, years: 1 }).certPem);
  for (const [name, text] of Object.entries({ token: TOKEN, wrong: "hvs.another-token" })) writeFileSync(join(folder, name), text, { mode: 0o600 });
  writeFileSync(join(folder, "open"), TOKEN);
  chmodSync(join(folder, "open"), 0o644);
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

const kv = (over: Environment = {}): Environment => ({
  SALLYPORT_KV_ADDRESS: address,
  SALLYPORT_KV_TOKEN_FILE: join(folder, "token"),
  SALLYPORT_KV_CA_FILE: join(folder, "ca"),
  SALLYPORT_DATABASE_URL_KV: "secret/data/sallyport#url",
  ...over,
});
async function refusal(environment: Environment, asking = withKvSecrets): Promise<{ readonly code: string; readonly setting: unknown; readonly said: string }> {
  const error: unknown = await asking(environment)
    .then((whole) => readSettings(whole))
    .catch((failure: unknown) => failure);
  if (!(error instanceof SallyportError)) return { code: "started", setting: null, said: "" };
  return { code: error.code, setting: error.context["setting"], said: JSON.stringify([error.message, error.stack, error.context, String(error.cause)]) };
}

test("a secret comes from either version of the engine, by the token and the namespace, and is a setting like any other", async () => {
  expect((await settingsWithKv(kv())).databaseUrl).toBe(URL_THERE);
  expect(readSettings(await withKvSecrets(kv({ SALLYPORT_DATABASE_URL_KV: "kv/sallyport#url", SALLYPORT_KV_NAMESPACE: "team" }))).databaseUrl).toBe(URL_THERE);
  const { method, path, headers } = asked.at(-1) ?? {};
  expect([method, path, headers?.["x-vault-token"], headers?.["x-vault-namespace"]]).toEqual(["GET", "/v1/kv/sallyport", TOKEN, "team"]);
  const provider = { SALLYPORT_OIDC_ISSUER: "https://login.example", SALLYPORT_OIDC_CLIENT_ID: "sallyport", SALLYPORT_OIDC_CLIENT_SECRET_KV: "kv/sallyport#oidc" };
  expect(readSettings(await withKvSecrets(kv({ SALLYPORT_DATABASE_URL_KV: undefined, ...provider }))).provider?.clientSecret).toBe("a-secret-of-the-provider-0123");
});

test("the folder alone is told without a secret, which isn't asked for", () => {
  const before = asked.length;
  const provider = { SALLYPORT_OIDC_ISSUER: "https://login.example", SALLYPORT_OIDC_CLIENT_ID: "sallyport", SALLYPORT_OIDC_CLIENT_SECRET_KV: "kv/sallyport#oidc" };
  expect(readHome(kv({ ...provider, SALLYPORT_HOME: "/srv/sallyport" }))).toBe("/srv/sallyport");
  expect(asked.length).toBe(before);
  expect(() => readHome({ SALLYPORT_HOMES: "/srv" })).toThrow(SallyportError);
});

test("where no secret is named to be there, nobody is asked", async () => {
  const before = asked.length;
  const environment = { SALLYPORT_HOME: "/x", OTHER: "y" };
  expect(await withKvSecrets(environment)).toBe(environment);
  expect(asked.length).toBe(before);
});

const faults: readonly (readonly [string, string, string, () => Environment])[] = [
  ["a path that isn't there", "secret.missing", "SALLYPORT_DATABASE_URL_KV", () => kv({ SALLYPORT_DATABASE_URL_KV: "secret/data/nothing#url" })],
  ["a field that isn't there", "secret.missing", "SALLYPORT_DATABASE_URL_KV", () => kv({ SALLYPORT_DATABASE_URL_KV: "secret/data/sallyport#nothing" })],
  ["a field that is empty", "secret.missing", "SALLYPORT_DATABASE_URL_KV", () => kv({ SALLYPORT_DATABASE_URL_KV: "secret/data/sallyport#empty" })],
  ["a field that is no text", "secret.missing", "SALLYPORT_DATABASE_URL_KV", () => kv({ SALLYPORT_DATABASE_URL_KV: "secret/data/sallyport#number" })],
  ["a secret that is short", "secret.weak", "SALLYPORT_DATABASE_URL", () => kv({ SALLYPORT_DATABASE_URL_KV: "secret/data/sallyport#short" })],
  ["a token that is refused", "secret.missing", "SALLYPORT_DATABASE_URL_KV", () => kv({ SALLYPORT_KV_TOKEN_FILE: join(folder, "wrong") })],
  ["a token that others can read", "secret.exposed", "SALLYPORT_KV_TOKEN_FILE", () => kv({ SALLYPORT_KV_TOKEN_FILE: join(folder, "open") })],
  ["a token that isn't there", "secret.missing", "SALLYPORT_KV_TOKEN_FILE", () => kv({ SALLYPORT_KV_TOKEN_FILE: join(folder, "nothing") })],
  ["a token in the setting", "setting.invalid", "SALLYPORT_KV_TOKEN_FILE", () => kv({ SALLYPORT_KV_TOKEN_FILE: TOKEN })],
  ["an address without TLS", "setting.invalid", "SALLYPORT_KV_ADDRESS", () => kv({ SALLYPORT_KV_ADDRESS: address.replace("https", "http") })],
  ["a server that isn't proven", "secret.missing", "SALLYPORT_DATABASE_URL_KV", () => kv({ SALLYPORT_KV_CA_FILE: join(folder, "other-ca") })],
  ["an authority that is none", "setting.invalid", "SALLYPORT_KV_CA_FILE", () => kv({ SALLYPORT_KV_CA_FILE: join(folder, "token") })],
  ["a place that steps upwards", "setting.invalid", "SALLYPORT_DATABASE_URL_KV", () => kv({ SALLYPORT_DATABASE_URL_KV: "secret/../sys#x" })],
  ["a place without a field", "setting.invalid", "SALLYPORT_DATABASE_URL_KV", () => kv({ SALLYPORT_DATABASE_URL_KV: "secret/data/sallyport" })],
  ["a secret that is set twice", "setting.invalid", "SALLYPORT_DATABASE_URL_KV", () => kv({ SALLYPORT_DATABASE_URL_FILE: "/x" })],
  ["a store that is asked for nothing", "setting.invalid", "SALLYPORT_KV_ADDRESS", () => kv({ SALLYPORT_DATABASE_URL_KV: undefined })],
];
for (const [name, code, setting, environment] of faults)
  faultTest("E8", `${name}, of secrets in a KV store, stops the start by the setting's name, and nothing of it is printed`, async (defence) => {
    // Off: a start that doesn't ask, and goes on with the embedded database.
    const found = await refusal(environment(), defence === "on" ? withKvSecrets : (given) => Promise.resolve({ ...given, SALLYPORT_DATABASE_URL_FILE: undefined }));
    expect([found.code, found.setting]).toEqual([code, setting]);
    for (const secret of [TOKEN, URL_THERE, "Passw0rd"]) expect(found.said).not.toContain(secret);
  });

test("a store that is away stops the start in time", async () => {
  isSilent = true;
  const found = await refusal(kv());
  isSilent = false;
  expect([found.code, found.setting]).toEqual(["secret.missing", "SALLYPORT_DATABASE_URL_KV"]);
});
