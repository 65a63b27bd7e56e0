import { createPublicKey, type JsonWebKey, type KeyObject } from "node:crypto";
import { seededBytes, vectorTest } from "@sallyport/testkit";
import { describe, expect, test } from "vitest";
import { signCompactJws, verifyCompactJws } from "./compact-jws.ts";
import { ed25519FromSeed, signEd25519 } from "./ed25519.ts";
import type { Wycheproof } from "./testing/wycheproof.ts";

const pair = ed25519FromSeed(seededBytes("jws")(32));
const expected = { typ: "manifest+jws", keyOf: (kid: string) => (kid === "sig-1" ? pair.publicKey : undefined) };
const header = { kid: "sig-1", typ: "manifest+jws" };
const refusal = /^token\.(malformed|algorithm|key|signature)$/;

describe("a compact JWS", () => {
  test("gives back what was signed", () => {
    const verified = verifyCompactJws(signCompactJws(header, '{"a":1}', pair.privateKey), expected);
    expect(verified.header).toEqual({ alg: "EdDSA", ...header });
    expect(verified.payload.toString("utf8")).toBe('{"a":1}');
    expect(verifyCompactJws(signCompactJws(header, Buffer.from([0, 255]), pair.privateKey), expected).payload).toEqual(Buffer.from([0, 255]));
  });

  test("of one use isn't taken for another", () => {
    expect(() => verifyCompactJws(signCompactJws({ ...header, typ: "at+jwt" }, "a", pair.privateKey), expected)).toThrow("token.algorithm");
  });

  test("by another key under the same name doesn't verify", () => {
    expect(() => verifyCompactJws(signCompactJws(header, "a", ed25519FromSeed(Buffer.alloc(32, 1)).privateKey), expected)).toThrow("token.signature");
  });

  test("under a name that the ring doesn't hold is refused", () => {
    expect(() => verifyCompactJws(signCompactJws({ ...header, kid: "sig-2" }, "a", pair.privateKey), expected)).toThrow("token.key");
  });

  test("longer than asked for is refused, and taken where more is asked for", () => {
    const long = signCompactJws(header, "a".repeat(4096), pair.privateKey);
    expect(() => verifyCompactJws(long, expected)).toThrow("token.malformed");
    expect(verifyCompactJws(long, { ...expected, charactersMax: 8192 }).payload).toHaveLength(4096);
  });

  test.each([
    [{ kid: 'a"', typ: "at+jwt" }, "a"],
    [{ kid: "", typ: "at+jwt" }, "a"],
    [{ kid: "a", typ: "AT" }, "a"],
    [{ kid: "a", typ: "at+jwt" }, ""],
  ])("isn't made with %j over %j", (head, payload) => {
    expect(() => signCompactJws(head, payload, pair.privateKey)).toThrow(RangeError);
  });

  test("of RFC 8037 A.4 is refused: its header has no kid and no typ", () => {
    const published = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" }, format: "jwk" });
    expect(() => verifyCompactJws(published, { typ: "at+jwt", keyOf: () => key })).toThrow("token.algorithm");
  });
});

interface JwsGroup {
  readonly public?: JsonWebKey;
  readonly tests: readonly { readonly tcId: number; readonly jws: unknown; readonly result: string }[];
}

/** The group's own key, where Node can read it as a public key. */
function keyOfGroup(group: JwsGroup): KeyObject | undefined {
  try {
    return group.public === undefined ? undefined : createPublicKey({ key: group.public, format: "jwk" });
  } catch {
    return undefined;
  }
}

vectorTest("Wycheproof JWS: none of the cases is EdDSA, and each is refused under its own key", ["wycheproof/json_web_signature_test.json"], (file) => {
  const { testGroups, numberOfTests } = JSON.parse(file?.toString("utf8") ?? "") as Wycheproof<JwsGroup>;
  let ran = 0;
  for (const group of testGroups) {
    const key = keyOfGroup(group);
    expect(group.public?.crv === "Ed25519").toBe(false);
    for (const { tcId, jws } of group.tests) {
      ran += 1;
      expect(() => verifyCompactJws(typeof jws === "string" ? jws : JSON.stringify(jws), { typ: "at+jwt", keyOf: () => key }), `case ${tcId}`).toThrow(refusal);
    }
  }
  expect(ran).toBe(numberOfTests);
});

vectorTest(
  "Wycheproof JWS: no case's header is taken even with a good Ed25519 signature, and no payload is refused with ours",
  ["wycheproof/json_web_signature_test.json"],
  (file) => {
    const { testGroups } = JSON.parse(file?.toString("utf8") ?? "") as Wycheproof<JwsGroup>;
    const cases = testGroups.flatMap(({ tests }) => tests).filter(({ jws, result }) => typeof jws === "string" && result === "valid");
    expect(cases.length).toBeGreaterThan(0);
    for (const { tcId, jws } of cases) {
      const [head = "", payload = ""] = String(jws).split(".");
      const signature = signEd25519(pair.privateKey, `${head}.${payload}`).toString("base64url");
      expect(() => verifyCompactJws(`${head}.${payload}.${signature}`, { typ: "at+jwt", keyOf: () => pair.publicKey }), `case ${tcId}`).toThrow(/^token\.(algorithm|malformed)$/);
      const bytes = Buffer.from(payload, "base64url");
      if (bytes.length > 0) expect(verifyCompactJws(signCompactJws(header, bytes, pair.privateKey), expected).payload.equals(bytes), `case ${tcId}`).toBe(true);
    }
  },
);
