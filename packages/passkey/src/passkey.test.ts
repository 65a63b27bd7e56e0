import { createServer } from "node:http";
import { once } from "node:events";
import { type AddressInfo } from "node:net";
import { randomBytes } from "node:crypto";
import { codeOf } from "@sallyport/errors";
import { faultTest } from "@sallyport/testkit";
import { expect, onTestFinished, test } from "vitest";
import { assertionOptions, claimedAssertion, readAttestation, relyingParty, registrationOptions, strictRules, verifyAssertion, verifyRegistration } from "./index.ts";
import type { Passkey } from "./passkey.ts";
import { type Misbehaviour, SoftwareAuthenticator } from "./testing.ts";

const party = relyingParty("http://localhost:3000");
const elsewhere = relyingParty("https://console.example");
const PERSON = "per_0123456789abcdefghjkmnpqrs";

async function optionsFor(challenge: Uint8Array, at = party): Promise<string> {
  return registrationOptions({ party: at, challenge, userHandle: PERSON, username: "ada", printedName: "Ada Lovelace", exclude: [], timeoutMs: 300_000 });
}

async function enrolled(authenticator = new SoftwareAuthenticator(party)): Promise<{ authenticator: SoftwareAuthenticator; passkey: Passkey }> {
  const challenge = randomBytes(32);
  return { authenticator, passkey: await verifyRegistration({ party, challenge }, authenticator.create(await optionsFor(challenge))) };
}

async function register(wrong: Misbehaviour, at = party): Promise<string> {
  const challenge = randomBytes(32);
  const response = new SoftwareAuthenticator(at).create(await optionsFor(challenge, at), wrong);
  return verifyRegistration({ party, challenge }, response).then(() => "enrolled", codeOf);
}

test.each([
  ["Ed25519", -8, true],
  ["P-256", -7, true],
  ["Ed25519 without a count", -8, false],
] as const)("a credential of %s is enrolled, and its assertion over a digest verifies", async (_name, algorithm, counts) => {
  const { authenticator, passkey } = await enrolled(new SoftwareAuthenticator(party, { algorithm, counts }));
  const challenge = randomBytes(32);
  const response = authenticator.get(await assertionOptions({ party, challenge, allow: [passkey.credentialId], timeoutMs: 60_000 }));
  expect(claimedAssertion(response, "signin.failed")).toEqual({ credentialId: passkey.credentialId, userHandle: PERSON });
  expect(await verifyAssertion({ party, challenge, passkey, code: "signin.failed" }, response)).toEqual({ counter: counts ? 1 : 0 });
});

test("options ask for a discoverable credential with its user verified, without attestation, of our algorithms alone", async () => {
  const challenge = randomBytes(32);
  expect(JSON.parse(await optionsFor(challenge))).toMatchObject({
    rp: { id: "localhost" },
    challenge: challenge.toString("base64url"),
    user: { id: Buffer.from(PERSON).toString("base64url") },
    attestation: "none",
    authenticatorSelection: { residentKey: "required", userVerification: "required" },
    pubKeyCredParams: [
      { alg: -8, type: "public-key" },
      { alg: -7, type: "public-key" },
    ],
  });
  expect(JSON.parse(await assertionOptions({ party, challenge, allow: [], timeoutMs: 1 }))).toMatchObject({ rpId: "localhost", userVerification: "required" });
});

test("an origin is https, or http on localhost, in its one spelling", () => {
  expect(relyingParty("https://sallyport.example:8443")).toEqual({ id: "sallyport.example", origin: "https://sallyport.example:8443" });
  for (const wrong of [
    "http://127.0.0.1:3000",
    "https://10.0.0.1",
    "https://[::1]",
    "http://console.example",
    "http://localhost:3000/",
    "http://LOCALHOST:3000",
    "https://a.example:443",
    "x",
    "",
  ])
    expect(() => relyingParty(wrong), wrong).toThrow("setting");
});

const X = new Uint8Array(32).fill(9);
const okp = (x: Uint8Array, alg = -8, crv = 6): ReadonlyMap<number, number | Uint8Array> =>
  new Map<number, number | Uint8Array>([
    [1, 1],
    [3, alg],
    [-1, crv],
    [-2, x],
  ]);
test.each<[string, Misbehaviour]>([
  ["over another challenge", { challenge: randomBytes(32) }],
  ["from another origin", { origin: "http://localhost:3001" }],
  ["for another relying party", { rpId: "console.example" }],
  ["of an assertion's type", { type: "webauthn.get" }],
  ["without its user verified", { userVerified: false }],
  ["without its user present", { userPresent: false }],
  ["inside another site's frame", { crossOrigin: true }],
  ["that names another top origin", { topOrigin: "https://evil.example" }],
  ["with a key of low order", { key: okp(new Uint8Array(32)) }],
  ["with a key of another curve", { key: okp(X, -8, 4) }],
  ["with a key of another algorithm", { key: okp(X, -19) }],
  ["with an Ed25519 key that claims ES256", { key: okp(X, -7) }],
  ["with a short key", { key: okp(X.subarray(1)) }],
  ["with a key that says more than a key", { key: new Map([...okp(X), [4, 1]]) }],
  [
    "with a point that isn't on the curve",
    {
      key: new Map<number, number | Uint8Array>([
        [1, 2],
        [3, -7],
        [-1, 1],
        [-2, X],
        [-3, X],
      ]),
    },
  ],
  [
    "with an RSA key",
    {
      key: new Map<number, number | Uint8Array>([
        [1, 3],
        [3, -257],
        [-1, new Uint8Array(256).fill(1)],
        [-2, new Uint8Array([1, 0, 1])],
      ]),
    },
  ],
  ["with an attestation of U2F", { attestation: { fmt: "fido-u2f", attStmt: new Map() } }],
])("a registration %s is refused", async (_name, wrong) => {
  expect(await register(wrong)).toBe("enrolment.refused");
});

test("an attestation's certificates are never looked at, so no address in them is called", async () => {
  let calls = 0;
  const server = createServer(() => (calls += 1)).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const certificate = new TextEncoder().encode(`http://127.0.0.1:${(server.address() as AddressInfo).port}/crl`);
  for (const fmt of ["packed", "tpm", "android-key", "android-safetynet", "apple"])
    expect(
      await register({
        attestation: {
          fmt,
          attStmt: new Map<string, unknown>([
            ["x5c", [certificate]],
            ["sig", X],
            ["alg", -7],
          ]),
        },
      }),
    ).toBe("enrolment.refused");
  expect(calls).toBe(0);
});

test.each(["", "null", "[]", "{}", '{"id":"x","rawId":"x","type":"public-key","response":{}}', "x".repeat(20_000), "[".repeat(9000)])(
  "what is no response is refused: %#",
  async (text) => {
    const { passkey } = await enrolled();
    expect(await verifyRegistration({ party, challenge: X }, text).catch(codeOf)).toBe("enrolment.refused");
    expect(await verifyAssertion({ party, challenge: X, passkey, code: "signin.failed" }, text).catch(codeOf)).toBe("signin.failed");
  },
);

test("an assertion is refused in another spelling, by another credential, and where a byte of what was signed is another", async () => {
  const { authenticator, passkey } = await enrolled();
  const other = await enrolled();
  const challenge = randomBytes(32);
  const good = authenticator.assert(challenge);
  const attempt = (response: string, by = passkey): Promise<string> =>
    verifyAssertion({ party, challenge, passkey: by, code: "stepup.failed" }, response).then(() => "verified", codeOf);
  expect(await attempt(good)).toBe("verified");
  expect(await attempt(good, other.passkey)).toBe("stepup.failed");
  expect(await attempt(good, { ...passkey, publicKey: other.passkey.publicKey })).toBe("stepup.failed");
  for (const member of ["clientDataJSON", "authenticatorData", "signature"]) {
    const parsed = JSON.parse(good) as { response: Record<string, string> };
    const bytes = Buffer.from(parsed.response[member] as string, "base64url");
    for (const at of [0, 33, bytes.length - 1]) {
      const flipped = Buffer.from(bytes);
      flipped[at] = (flipped[at] as number) ^ 1;
      expect(await attempt(JSON.stringify({ ...parsed, response: { ...parsed.response, [member]: flipped.toString("base64url") } })), `${member} ${at}`).toBe("stepup.failed");
    }
    expect(await attempt(JSON.stringify({ ...parsed, response: { ...parsed.response, [member]: `${parsed.response[member]}=` } }))).toBe("stepup.failed");
  }
});

test("the custodian reads the same credential from the same attestation", async () => {
  const challenge = randomBytes(32);
  const { attestationObject, credentialId, publicKey, counter } = await verifyRegistration(
    { party, challenge },
    new SoftwareAuthenticator(party).create(await optionsFor(challenge)),
  );
  expect(readAttestation(party, attestationObject)).toEqual({ credentialId, publicKey, counter });
  expect(() => readAttestation(elsewhere, attestationObject)).toThrow("enrolment");
});

faultTest("S8", "an assertion over another challenge proves nothing", async (defence) => {
  const { authenticator, passkey } = await enrolled();
  const [signed, challenge] = [randomBytes(32), randomBytes(32)];
  const response = authenticator.assert(signed);
  expect(await verifyAssertion({ party, challenge: defence === "on" ? challenge : signed, passkey, code: "signin.failed" }, response).then(() => "verified", codeOf)).toBe(
    "signin.failed",
  );
});

faultTest("S8", "an assertion that was made at another origin proves nothing here", async (defence) => {
  const { authenticator, passkey } = await enrolled();
  const challenge = randomBytes(32);
  const response = authenticator.assert(challenge, { origin: "https://evil.example" });
  const at = defence === "on" ? party : { ...party, origin: "https://evil.example" };
  expect(await verifyAssertion({ party: at, challenge, passkey, code: "signin.failed" }, response).then(() => "verified", codeOf)).toBe("signin.failed");
});

faultTest("S8", "an assertion for another relying party proves nothing here", async (defence) => {
  const { authenticator, passkey } = await enrolled();
  const challenge = randomBytes(32);
  const response = authenticator.assert(challenge, { rpId: "evil.example" });
  const at = defence === "on" ? party : { ...party, id: "evil.example" };
  expect(await verifyAssertion({ party: at, challenge, passkey, code: "signin.failed" }, response).then(() => "verified", codeOf)).toBe("signin.failed");
});

faultTest("S1", "a passkey that was only touched, its user not verified, is one component and not enough", async (defence) => {
  const { authenticator, passkey } = await enrolled();
  const challenge = randomBytes(32);
  const response = authenticator.assert(challenge, { userVerified: false });
  const rules = { ...strictRules, userVerified: defence === "on" };
  expect(await verifyAssertion({ party, challenge, passkey, code: "stepup.failed" }, response, rules).then(() => "verified", codeOf)).toBe("stepup.failed");
});

faultTest("T13", "an authenticator whose count went back, or stood still, is a copy and is refused", async (defence) => {
  const { authenticator, passkey } = await enrolled();
  const rules = { ...strictRules, counter: defence === "on" };
  for (const counter of [4, 5]) {
    const challenge = randomBytes(32);
    const response = authenticator.assert(challenge, { counter });
    expect(await verifyAssertion({ party, challenge, passkey: { ...passkey, counter: 5 }, code: "signin.failed" }, response, rules).then(() => "verified", codeOf)).toBe(
      "signin.failed",
    );
  }
});
