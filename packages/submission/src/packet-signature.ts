import { keyFingerprint, parseVkey } from "@sallyport/audit";
import { decodeBase64url, ed25519Public, ed25519RawOf, signCompactJws, verifyCompactJws } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import type { KeyObject } from "node:crypto";
import { MANIFEST_BYTES_MAX } from "./packet-manifest.ts";

/** The one `typ` of a packet's signature: no token and nothing else that the custodian signs is taken for it. */
const TYP = "sallyport-packet+jws";
/** Characters of the longest signature: header, payload in base64url, and 64 bytes. */
export const SIGNATURE_CHARS_MAX = Math.ceil((MANIFEST_BYTES_MAX * 4) / 3) + 512;

/** The id of a key in a signature's header: the SHA-256 of the raw key, 64 hex digits. */
const kidOf = (raw: Uint8Array): string => keyFingerprint(raw).slice("sha256:".length);

/** Signs a manifest's exact text as a compact JWS (EdDSA, RFC 8037). The same text and key give the same JWS. */
export const signPacketManifest = (manifest: string, privateKey: KeyObject): string => signCompactJws({ kid: kidOf(ed25519RawOf(privateKey)), typ: TYP }, manifest, privateKey);

/** The payload of what may be a signature, unproven: for finding out by which key it says it is. Null where it is none. */
export function unprovenPayload(jws: string): string | null {
  const [, payload = ""] = jws.length > SIGNATURE_CHARS_MAX ? [] : jws.split(".");
  return decodeBase64url(payload)?.toString("utf8") ?? null;
}

/** The manifest that a JWS signs under this verifier key. @throws SallyportError `token.*`, `note.invalid` for what is no key. */
export function openPacketSignature(jws: string, vkey: string): string {
  const { raw } = parseVkey(vkey);
  const kid = kidOf(raw);
  const keyOf = (named: string): KeyObject | undefined => (named === kid ? ed25519Public(raw) : undefined);
  const text = verifyCompactJws(jws, { typ: TYP, keyOf, charactersMax: SIGNATURE_CHARS_MAX }).payload;
  const manifest = text.toString("utf8");
  if (!Buffer.from(manifest, "utf8").equals(text)) throw new SallyportError("token.malformed");
  return manifest;
}
