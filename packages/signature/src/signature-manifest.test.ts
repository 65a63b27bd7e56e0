import { canonicalJson, sha256Hex } from "@sallyport/crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { manifestOf } from "../test/signing-desk.ts";
import { MANIFEST_MEMBERS, manifestDigest, readSignatureManifest, type SignatureManifest, signatureManifest } from "./signature-manifest.ts";

const text = manifestOf();
const manifest = JSON.parse(text) as SignatureManifest;
const spelled = (value: unknown): string => canonicalJson(JSON.parse(JSON.stringify(value)));

test("a manifest is its canonical JSON, is read back from that very text, and is known by its SHA-256", () => {
  expect(text).toBe(canonicalJson(manifest));
  expect(readSignatureManifest(text)).toEqual(manifest);
  expect(manifestDigest(text)).toBe(sha256Hex(Buffer.from(text, "utf8")));
  expect(readSignatureManifest(manifestOf({ site: null, supersedes: manifest.signature, author: "svc_ingest-701", method: "server-attested" }))).toMatchObject({ site: null });
});

test.each<[string, unknown]>([
  ["a meaning that isn't one of the four", { ...manifest, meaning: "I agree" }],
  ["no meaning", { ...manifest, meaning: undefined }],
  ["a member more", { ...manifest, comment: "x" }],
  ["another version of the format", { ...manifest, v: 2 }],
  ["a method that nobody knows", { ...manifest, method: "sms" }],
  ["no bytes at all", { ...manifest, bytes: 0 }],
  ["half a version", { ...manifest, version: 1.5 }],
  ["a digest in another case", { ...manifest, sha256: "D".repeat(64) }],
  ["a name of two lines", { ...manifest, printedName: "Zoë\nŁuczak" }],
  ["no name", { ...manifest, printedName: "" }],
  ["a service that signs", { ...manifest, person: "svc_ingest" }],
  ["a day that there isn't", { ...manifest, preparedAt: "2026-02-30T00:00:00.000Z" }],
  ["a short nonce", { ...manifest, nonce: "AAAA" }],
  ["a site with a slash", { ...manifest, site: "A/701" }],
])("a text with %s is no manifest", (_name, value) => {
  expect(readSignatureManifest(spelled(value))).toBeNull();
});

test("what is no manifest is never made into one", () => {
  const { v: _v, ...parts } = manifest;
  expect(() => signatureManifest({ ...parts, printedName: "" })).toThrow(RangeError);
});

test("a manifest has one spelling", () => {
  for (const other of [
    ` ${text}`,
    `${text}\n`,
    text.replace('"v":1', '"v":1.0'),
    text.replace("Ł", "\\u0141"),
    text.replace('"v":1', '"v":2,"v":1'),
    JSON.stringify(manifest, null, 1),
  ])
    expect(readSignatureManifest(other)).toBeNull();
  expect(MANIFEST_MEMBERS.join()).toBe(Object.keys(manifest).join());
});

test("no text whatever makes reading throw", () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (any) => readSignatureManifest(any) === null));
});
