import { readFileSync } from "node:fs";
import { relyingParty, verifyAssertion } from "@sallyport/passkey";
import { expect, test } from "vitest";
import { manifestDigest } from "./signature-manifest.ts";
import { signerKeyOf } from "./signer-key.ts";
import type { SigningAssertion } from "./signing-assertion.ts";
import { type SignedManifest, verifySignature } from "./verify-signature.ts";

interface Golden extends SignedManifest {
  readonly digest: string;
  readonly cose: string;
}
const { vkey, origin, signatures } = JSON.parse(readFileSync(new URL("../vectors/signature-v1.json", import.meta.url), "utf8")) as {
  readonly vkey: string;
  readonly origin: string;
  readonly signatures: readonly Golden[];
};

test.each(signatures.map((golden) => [golden.digest.slice(0, 8), golden] as const))("the signature over %s… verifies, and says what the specification says", (_name, golden) => {
  expect(manifestDigest(golden.manifest)).toBe(golden.digest);
  const { manifest, note } = verifySignature(golden, { vkeys: [vkey] });
  expect(manifest.printedName).toBe("Zoë Łuczak");
  expect(note).toMatchObject({ digest: golden.digest, key: signerKeyOf(golden.cose), origin, standing: "proven", at: "2026-01-02T03:05:00.000Z" });
});

test("a library that isn't ours takes the same assertions over the same digests", async () => {
  for (const { digest, cose, assertion } of signatures) {
    const { credentialId, ...response } = JSON.parse(assertion) as SigningAssertion;
    const passkey = { credentialId, publicKey: cose, counter: 0 };
    const answer = JSON.stringify({ id: credentialId, rawId: credentialId, type: "public-key", response });
    expect(await verifyAssertion({ party: relyingParty(origin), challenge: Buffer.from(digest, "hex"), passkey, code: "stepup.failed" }, answer)).toEqual({ counter: 1 });
  }
});
