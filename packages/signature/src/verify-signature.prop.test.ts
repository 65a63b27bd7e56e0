import { newId } from "@sallyport/crypto";
import { codeOf } from "@sallyport/errors";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { manifestOf, SigningDesk } from "../test/signing-desk.ts";
import { MANIFEST_MEMBERS, manifestDigest, MEANINGS, readSignatureManifest, type SignatureManifest } from "./signature-manifest.ts";
import { isSigningRecord } from "./verify-receipt.ts";
import { type SignedManifest, verifySignature } from "./verify-signature.ts";

let desk: SigningDesk;
let p256: SigningDesk;
beforeAll(async () => {
  desk = await SigningDesk.open();
  p256 = await SigningDesk.open(-7);
});
const codeFor = (signed: SignedManifest, beside: Partial<SignatureManifest> = {}, of = desk): string => {
  try {
    verifySignature(signed, { vkeys: [of.key.vkey], beside });
    return "verifies";
  } catch (error) {
    return codeOf(error);
  }
};

const hex = fc.stringMatching(/^[0-9a-f]{64}$/);
const id = (prefix: string) => fc.integer().map(() => newId(prefix));
const place = fc.stringMatching(/^[A-Z0-9]{1,12}$/);
/** Another value for each member, of a form that a manifest may have. */
const VALUES: { readonly [K in Exclude<keyof SignatureManifest, "v">]: fc.Arbitrary<SignatureManifest[K]> } = {
  deployment: fc.stringMatching(/^[a-z0-9]{1,20}$/),
  signature: id("sig"),
  study: place,
  site: fc.option(place),
  document: id("doc"),
  version: fc.integer({ min: 1, max: 9999 }),
  type: fc.constantFrom("ectd_sequence", "irb_correspondence"),
  mediaType: fc.constantFrom("application/xml", "application/zip", "application/pdf"),
  bytes: fc.integer({ min: 1 }),
  sha256: hex,
  author: id("per"),
  person: id("per"),
  printedName: fc.stringMatching(/^[A-Za-zÀ-ž ]{1,40}$/),
  meaning: fc.constantFrom(...MEANINGS),
  method: fc.constantFrom("server-attested", "passkey"),
  accountability: hex,
  preparedAt: fc.date({ min: new Date("2026-01-02T03:00:30.000Z"), max: new Date("2026-01-02T03:04:59.000Z"), noInvalidDate: true }).map((date) => date.toISOString()),
  nonce: fc.stringMatching(/^[A-Za-z0-9_-]{22}$/),
  supersedes: fc.option(id("sig")),
};

test("a signature verifies as it was given, by either kind of key, beside what it is of", () => {
  const manifest = manifestOf();
  const beside = JSON.parse(manifest) as SignatureManifest;
  expect(codeFor(desk.sign(manifest), beside)).toBe("verifies");
  expect(codeFor(p256.sign(manifest), beside, p256)).toBe("verifies");
  expect(codeFor(desk.sign(manifest), {}, p256)).toBe("signature.invalid");
});

test.each(MANIFEST_MEMBERS.filter((name) => name !== "v"))("with another %s in its manifest, or beside it, a signature never verifies", (name) => {
  const text = manifestOf();
  const signed = desk.sign(text);
  const said = JSON.parse(text) as SignatureManifest;
  fc.assert(
    fc.property(VALUES[name as keyof typeof VALUES] as fc.Arbitrary<unknown>, (value) => {
      fc.pre(value !== said[name]);
      const changed = manifestOf({ ...said, [name]: value });
      expect(readSignatureManifest(changed)).not.toBeNull();
      expect(codeFor({ ...signed, manifest: changed })).toBe("signature.invalid");
      expect(codeFor(signed, { [name]: value } as Partial<SignatureManifest>)).toBe("signature.invalid");
    }),
    { numRuns: 25 },
  );
});

test.each(MANIFEST_MEMBERS.filter((name) => name !== "v"))("with another %s in its manifest, the server's word is no longer what the trail has", (name) => {
  const text = manifestOf({ method: "server-attested" });
  const said = JSON.parse(text) as SignatureManifest;
  const record = {
    deployment: said.deployment,
    chain: said.site === null ? "system" : `site:${said.study}/${said.site}`,
    action: "submission.sign",
    decision: "allow",
    resource: said.document,
    detail: `-;signature=${said.signature};digest=${manifestDigest(text)};version=${said.version}`,
  };
  expect(isSigningRecord(record, text)).toBe(true);
  fc.assert(
    fc.property(VALUES[name as keyof typeof VALUES] as fc.Arbitrary<unknown>, (value) => {
      fc.pre(value !== said[name]);
      const changed = manifestOf({ ...said, [name]: value });
      expect(readSignatureManifest(changed)).not.toBeNull();
      expect(isSigningRecord(record, changed)).toBe(false);
    }),
    { numRuns: 25 },
  );
});

test("with any byte of it changed, a signature never verifies", () => {
  const signed = p256.sign(manifestOf());
  const parts = ["manifest", "assertion", "note"] as const;
  fc.assert(
    fc.property(fc.constantFrom(...parts), fc.nat(), fc.integer({ min: 1, max: 127 }), (part, at, by) => {
      const bytes = Buffer.from(signed[part], "utf8");
      const place = at % bytes.length;
      bytes.writeUInt8(bytes.readUInt8(place) ^ by, place);
      expect(codeFor({ ...signed, [part]: bytes.toString("utf8") }, {}, p256)).toBe("signature.invalid");
    }),
    { numRuns: 600 },
  );
});

test("whatever stands for a signature, verifying it ends in that refusal", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), fc.oneof(fc.string(), fc.json()), fc.string(), (manifest, assertion, note) => {
      expect(codeFor({ manifest, assertion, note })).toBe("signature.invalid");
      expect(codeFor({ ...desk.sign(manifestOf()), assertion })).toBe("signature.invalid");
    }),
    { numRuns: 100 },
  );
});
