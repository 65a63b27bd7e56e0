import { writeFileSync } from "node:fs";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { codeOf, SallyportError } from "@sallyport/errors";
import { afterAll, beforeAll, expect, test } from "vitest";
import { awsKms, signatureOf } from "../test/aws-kms.ts";
import { type KeyService, keyService, type Mood } from "../test/key-service.ts";
import { arn } from "../test/root-stands.ts";
import { vaultTransit } from "../test/vault-transit.ts";
import { kmsRoot, signedHeaders } from "./kms-root.ts";
import { newRoot, type RootContext, type RootWrapper } from "./root-wrapper.ts";
import { vaultRoot } from "./vault-root.ts";

const TOKEN = "hvs.a-token-of-the-test-CAESIK";
// Parted, so that it doesn't look like one.
const SECRET = ["a/word+of", "the-test/0123456789abcdefgi"].join("-");
const KEY = arn("1234abcd-12ab-34cd-56ef-1234567890ab");
const HERE: RootContext = { application: "sallyport", root: "root_here" };
const ACCESS = "THEKEYOFTHETEST01";

let home: string;
let vault: KeyService;
let kms: KeyService;
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "root-services-"));
  for (const [name, text] of Object.entries({ token: TOKEN, secret: SECRET, wrong: "hvs.another-token-of-the-test" })) writeFileSync(join(home, name), text, { mode: 0o600 });
  vault = await keyService(vaultTransit({ token: TOKEN, keys: ["root"] }));
  kms = await keyService(awsKms({ accessKeyId: ACCESS, secret: SECRET, session: null, keys: [KEY], region: "eu-central-1" }));
});
afterAll(() => {
  vault.close();
  kms.close();
  rmSync(home, { recursive: true, force: true });
});

const byVault = (over: Partial<Parameters<typeof vaultRoot>[0]> = {}): RootWrapper =>
  vaultRoot({ address: vault.address, mount: "transit", key: "root", namespace: null, tokenFile: join(home, "token"), ca: vault.ca, deadlineMs: 400, ...over });
const byKms = (over: Partial<Parameters<typeof kmsRoot>[0]> = {}): RootWrapper =>
  kmsRoot({
    key: KEY,
    endpoint: kms.address,
    accessKeyId: ACCESS,
    secretAccessKeyFile: join(home, "secret"),
    sessionTokenFile: null,
    ca: kms.ca,
    now: Date.now,
    deadlineMs: 400,
    ...over,
  });

async function failureOf(wrapper: RootWrapper): Promise<{ readonly code: string; readonly why: unknown; readonly said: string }> {
  const error: unknown = await wrapper.wrap(Buffer.alloc(32, 7), HERE).catch((failure: unknown) => failure);
  if (!(error instanceof SallyportError)) throw new Error("it did not fail");
  return {
    code: codeOf(error),
    why: error.context["why"],
    said: JSON.stringify([error.message, error.stack, error.context, error.cause instanceof Error ? error.cause.stack : null]),
  };
}

const moods: readonly (readonly [Mood, RegExp])[] = [
  ["away", /no whole answer/],
  ["slow", /no whole answer/],
  ["garbage", /not JSON/],
  ["huge", /no whole answer/],
  ["elsewhere", /the answer was 307/],
  ["failing", /the answer was 503/],
];
test.each(moods)("a key service that is %s is away, and its failure says no secret", async (mood, why) => {
  for (const [service, wrapper] of [
    [vault, byVault()],
    [kms, byKms()],
  ] as const) {
    const asked = service.asked.length;
    service.mood = mood;
    const failure = await failureOf(wrapper);
    service.mood = "well";
    expect(failure.code).toBe("keys.unavailable");
    expect(failure.why).toMatch(why);
    // Nothing is followed, and nothing is tried again on its own.
    expect(service.asked.length).toBe(asked + 1);
    for (const secret of [TOKEN, SECRET, Buffer.alloc(32, 7).toString("base64")]) expect(failure.said).not.toContain(secret);
  }
});

test("a server whose certificate isn't from the named authority is told nothing", async () => {
  for (const [service, wrapper] of [
    [vault, byVault({ ca: kms.ca })],
    [kms, byKms({ ca: vault.ca })],
  ] as const) {
    const asked = service.asked.length;
    expect((await failureOf(wrapper)).code).toBe("keys.unavailable");
    expect(service.asked.length).toBe(asked);
  }
});

test("what refuses is named by what an operator can correct", async () => {
  expect((await failureOf(byVault({ tokenFile: join(home, "wrong") }))).why).toMatch(/token or its policy/);
  expect((await failureOf(byVault({ key: "nobodys" }))).why).toMatch(/no such key/);
  expect((await failureOf(byVault({ tokenFile: join(home, "nowhere") }))).code).toBe("secret.missing");
  expect((await failureOf(byKms({ secretAccessKeyFile: join(home, "token") }))).why).toBe("the answer was 400 InvalidSignatureException");
  expect((await failureOf(byKms({ accessKeyId: "ANOTHERKEYOFTHETEST01" }))).why).toBe("the answer was 400 UnrecognizedClientException");
  expect((await failureOf(byKms({ key: arn("1234abcd-12ab-34cd-56ef-000000000000") }))).why).toBe("the answer was 400 NotFoundException");
});

test("an answer of another key of the KMS is none", async () => {
  const lying = await keyService((asked) => ({ status: 200, body: JSON.stringify({ ...(JSON.parse(asked.body) as object), KeyId: arn("other"), CiphertextBlob: "AAAA" }) }));
  const failure = await failureOf(byKms({ endpoint: lying.address, ca: lying.ca }));
  lying.close();
  expect(failure).toMatchObject({ code: "keys.unavailable", why: "the answer is none of this key's" });
});

test("a transit key that isn't derived is refused, since it would open in any context", async () => {
  const plain = await keyService(vaultTransit({ token: TOKEN, keys: ["root"], isDerived: false }));
  const failure: unknown = await newRoot(byVault({ address: plain.address, ca: plain.ca })).catch((error: unknown) => error);
  plain.close();
  expect(failure).toMatchObject({ code: "setting.invalid" });
});

test("a Vault is sent the token, its own marker and the namespace in headers, the context as base64, and nothing else", async () => {
  await byVault({ namespace: "team/a" }).wrap(Buffer.alloc(32, 7), HERE);
  const { method, path, headers, body } = vault.asked.at(-1) ?? { headers: {} as Record<string, string> };
  expect([method, path]).toEqual(["POST", "/v1/transit/encrypt/root"]);
  expect(headers).toMatchObject({ "x-vault-token": TOKEN, "x-vault-request": "true", "x-vault-namespace": "team/a" });
  expect(JSON.parse(body ?? "")).toEqual({
    plaintext: Buffer.alloc(32, 7).toString("base64"),
    context: Buffer.from('{"application":"sallyport","root":"root_here"}').toString("base64"),
  });
});

test("a KMS is sent the key, the context and the algorithm, under a signature over all of it", async () => {
  await byKms().wrap(Buffer.alloc(32, 7), HERE);
  const asked = kms.asked.at(-1);
  expect(asked?.headers["x-amz-target"]).toBe("TrentService.Encrypt");
  expect(JSON.parse(asked?.body ?? "")).toEqual({
    KeyId: KEY,
    EncryptionContext: { application: "sallyport", root: "root_here" },
    EncryptionAlgorithm: "SYMMETRIC_DEFAULT",
    Plaintext: Buffer.alloc(32, 7).toString("base64"),
  });
  expect(asked?.headers.authorization).not.toContain(SECRET);
});

// The example key of AWS's own documentation; it opens nothing.
const EXAMPLE = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: ["wJalrXUtnFEMI", "K7MDENG+bPxRfiCYEXAMPLEKEY"].join("/"), sessionToken: null, region: "us-east-1" };
const AT = "20150830T123600Z";
const vectors = [
  {
    name: "the example of the IAM user guide (ListUsers)",
    url: "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08",
    service: "iam",
    method: "GET",
    headers: { "content-type": "application/x-www-form-urlencoded; charset=utf-8" },
    body: "",
    signature: "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
  },
  {
    name: "get-vanilla",
    url: "https://example.amazonaws.com/",
    service: "service",
    method: "GET",
    headers: {},
    body: "",
    signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
  },
  {
    name: "post-vanilla",
    url: "https://example.amazonaws.com/",
    service: "service",
    method: "POST",
    headers: {},
    body: "",
    signature: "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
  },
  {
    name: "post-x-www-form-urlencoded",
    url: "https://example.amazonaws.com/",
    service: "service",
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: "Param1=value1",
    signature: "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
  },
] as const;
test.each(vectors)("the signature of $name is the published one, by the adapter and by what checks it here", async ({ url, service, method, headers, body, signature }) => {
  const at = new URL(url);
  const signed = await signedHeaders({ method, url: at, headers: { ...headers }, body: Buffer.from(body) }, { ...EXAMPLE, service }, AT);
  expect(signed["authorization"]).toMatch(new RegExp(`Signature=${signature}$`));
  expect(signatureOf({ method, path: at.pathname + at.search.replace(/^$/, "?"), headers: { ...signed, host: at.host }, body }, EXAMPLE.secretAccessKey)).toBe(signature);
});
