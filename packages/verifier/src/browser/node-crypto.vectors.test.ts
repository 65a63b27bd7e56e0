import { createPublicKey as nodeKey, generateKeyPairSync, sign, verify as nodeVerify } from "node:crypto";
import { vectorTest } from "@sallyport/testkit";
import { expect, test } from "vitest";
import { createHash, createPublicKey, verify } from "./node-crypto.ts";

interface Vectors {
  readonly testGroups: readonly {
    readonly publicKeyDer: string;
    readonly tests: readonly { readonly tcId: number; readonly msg: string; readonly sig: string; readonly result: string }[];
  }[];
}

const hex = (text: string): Buffer => Buffer.from(text, "hex");

test('SHA-256 is the standard\'s (FIPS 180-4, the examples of "abc" and of two blocks), in pieces as in one', () => {
  expect(createHash("sha256").update("abc").digest("hex")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  const two = createHash("sha256").update("abcdbcdecdefdefgefgh").update(Buffer.from("fghighijhijkijkljklmklmnlmnomnopnopq"));
  expect(two.digest().toString("hex")).toBe("248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  expect(() => createHash("sha1")).toThrow(RangeError);
});

vectorTest("a signature holds where the published vectors say so, and exactly where it holds for Node", ["wycheproof/ed25519_test.json"], (file) => {
  const { testGroups } = JSON.parse(file.toString("utf8")) as Vectors;
  const counted = { valid: 0, invalid: 0 };
  for (const { publicKeyDer, tests } of testGroups) {
    const key = hex(publicKeyDer);
    for (const { tcId, msg, sig, result } of tests) {
      const holds = sig.length === 128 && verify(null, hex(msg), createPublicKey({ key }), hex(sig));
      expect([tcId, holds]).toEqual([tcId, result === "valid"]);
      expect([tcId, holds]).toEqual([tcId, nodeVerify(null, hex(msg), nodeKey({ key, format: "der", type: "spki" }), hex(sig))]);
      counted[result === "valid" ? "valid" : "invalid"] += 1;
    }
  }
  expect(counted.valid).toBeGreaterThan(50);
  expect(counted.invalid).toBeGreaterThan(30);
});

interface EcdsaVectors {
  readonly testGroups: readonly {
    readonly publicKey: { readonly uncompressed: string };
    readonly tests: readonly { readonly tcId: number; readonly msg: string; readonly sig: string; readonly result: string }[];
  }[];
}

vectorTest("a passkey's P-256 signature holds exactly where it holds for Node", ["wycheproof/ecdsa_secp256r1_sha256_test.json"], (file) => {
  const { testGroups } = JSON.parse(file.toString("utf8")) as EcdsaVectors;
  let valid = 0;
  for (const { publicKey, tests } of testGroups) {
    const point = hex(publicKey.uncompressed);
    const jwk = { kty: "EC", crv: "P-256", x: point.subarray(1, 33).toString("base64url"), y: point.subarray(33).toString("base64url") };
    const [ours, nodes] = [createPublicKey({ key: jwk }), nodeKey({ key: jwk, format: "jwk" })];
    for (const { tcId, msg, sig } of tests) {
      const holds = verify("sha256", hex(msg), ours, hex(sig));
      expect([tcId, holds]).toEqual([tcId, nodeVerify("sha256", hex(msg), nodes, hex(sig))]);
      if (holds) valid += 1;
    }
  }
  expect(valid).toBeGreaterThan(50);
});

test("a passkey's P-256 signature holds where Node made it, in either of its two forms, and nowhere else", () => {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const key = publicKey.export({ format: "jwk" }) as { kty: string; crv: string; x: string; y: string };
  for (let n = 0; n < 20; n += 1) {
    const data = Buffer.from(`message ${n}`);
    const signature = sign("sha256", data, privateKey);
    expect([verify("sha256", data, createPublicKey({ key }), signature), verify("sha256", Buffer.from("another"), createPublicKey({ key }), signature)]).toEqual([true, false]);
  }
  expect(verify("sha256", Buffer.from("x"), createPublicKey({ key }), Buffer.from("no signature"))).toBe(false);
  expect(() => createPublicKey({ key: { ...key, y: key.x } })).toThrow(RangeError);
});

test("nothing but an Ed25519 key is taken for one", () => {
  expect(() => createPublicKey({ key: hex("302a300506032b656e032100".padEnd(88, "0")) })).toThrow(RangeError);
  expect(() => createPublicKey({ key: hex("302a300506032b6570032100") })).toThrow(RangeError);
});
