import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { AccessTokenVerifier } from "./access-token-verifier.ts";
import { type ChunkPlace, openBytes, sealBytes } from "./chunk-cipher.ts";
import { secretKey } from "./digest.ts";
import { ed25519FromSeed } from "./ed25519.ts";
import { unwrapDataKey, wrapDataKey } from "./envelope.ts";
import { type FieldPlace, openField, sealField } from "./field-cipher.ts";
import { type AccessTokenGrant, mintAccessToken } from "./mint-access-token.ts";

const golden = (name: string): unknown => JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), "utf8"));
const hex = (text: string): Buffer => Buffer.from(text, "hex");

test("every field that was ever published in vectors/ still opens, and is sealed to the same bytes", () => {
  const { keyId, key, cases } = golden("field-cipher-v1") as { keyId: string; key: string; cases: { place: FieldPlace; plaintext: string; nonce: string; sealed: string }[] };
  const dataKey = { id: keyId, key: secretKey(hex(key)) };
  expect(cases).toHaveLength(3);
  for (const { place, plaintext, nonce, sealed } of cases) {
    expect(openField(dataKey, place, sealed)).toBe(plaintext);
    expect(sealField(dataKey, place, plaintext, () => hex(nonce))).toBe(sealed);
  }
});

test("every chunk in vectors/ still opens, and is sealed to the same bytes", () => {
  const { keyId, key, cases } = golden("chunk-cipher-v1") as { keyId: string; key: string; cases: { place: ChunkPlace; bytes: string; nonce: string; sealed: string }[] };
  const dataKey = { id: keyId, key: secretKey(hex(key)) };
  expect(cases).toHaveLength(2);
  for (const { place, bytes, nonce, sealed } of cases) {
    expect(openBytes(dataKey, place, hex(sealed)).toString("hex")).toBe(bytes);
    expect(sealBytes(dataKey, place, hex(bytes), () => hex(nonce)).toString("hex")).toBe(sealed);
  }
});

test("the wrapped key in vectors/ still unwraps, and is wrapped to the same bytes", () => {
  const { kekId, kek, share, context, dek, nonce, wrapped } = golden("key-envelope-v1") as {
    kekId: string;
    kek: string;
    share: string;
    context: Record<string, string>;
    dek: string;
    nonce: string;
    wrapped: string;
  };
  const wrapping = { kekId, kek: secretKey(hex(kek)), share: hex(share), context };
  expect(unwrapDataKey(wrapping, wrapped).toString("hex")).toBe(dek);
  expect(wrapDataKey(wrapping, hex(dek), () => hex(nonce))).toBe(wrapped);
});

test("the access token in vectors/ is still taken, and is minted to the same bytes", () => {
  const { seed, publicKey, kid, grant, token } = golden("access-token-v1") as { seed: string; publicKey: string; kid: string; grant: AccessTokenGrant; token: string };
  const { privateKey, raw } = ed25519FromSeed(hex(seed));
  expect(raw.toString("hex")).toBe(publicKey);
  expect(mintAccessToken(grant, { kid, privateKey }).token).toBe(token);
  const verifier = new AccessTokenVerifier({ issuer: grant.issuer, audience: grant.audience, now: () => grant.iatS * 1000 });
  verifier.setKeys([{ kid, x: raw.toString("base64url"), fromS: grant.iatS, untilS: null }]);
  expect(verifier.verify(token, { spiffe: grant.azp, x5t: grant.x5t }).sub).toBe(grant.sub);
});
