import { ed25519Public, ed25519RawOf, sha256, signEd25519, verifyEd25519 } from "@sallyport/crypto";
import { codeOf, SallyportError } from "@sallyport/errors";
import type { KeyObject } from "node:crypto";

/** Signature type identifiers (C2SP signed-note, "Signature types"). */
const ED25519 = 0x01;
/** Of an Ed25519 cosignature with its time (C2SP tlog-cosignature). */
export const COSIGNATURE = 0x04;
type SignatureType = typeof ED25519 | typeof COSIGNATURE;
const EM_DASH = "\u2014";
const KEY_NAME = /^[^\s+]+$/u;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
/** More than the sixteen that C2SP asks verifiers to accept, and few enough to bound the work. */
const SIGNATURES_MAX = 64;

/** A verifier key: who signs, and the raw Ed25519 public key. */
export interface Vkey {
  readonly name: string;
  /** First four bytes of SHA-256(name ‖ "\n" ‖ signature type ‖ public key), lower-case hex. */
  readonly keyId: string;
  readonly raw: Buffer;
}

/** Who signs a note. `privateKey` is Ed25519. */
export interface NoteSigner {
  readonly name: string;
  readonly privateKey: KeyObject;
}

const invalid = (what: string, cause?: unknown): SallyportError => new SallyportError("note.invalid", { what }, cause);

/** Standard base64 in its one spelling, or null: a second spelling would be a second signature line with the same meaning. */
export function decodeBase64(text: string): Buffer | null {
  if (!BASE64.test(text)) return null;
  const bytes = Buffer.from(text, "base64");
  return bytes.toString("base64") === text ? bytes : null;
}

function assertKeyName(name: string): void {
  if (!KEY_NAME.test(name) || hasControl(name)) throw invalid("key name");
}

/** ASCII control characters other than newline; a note holds none (C2SP signed-note, "Format"). */
function hasControl(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code < 0x20 && code !== 0x0a) return true;
  }
  return false;
}

/** What a signature line begins with, so that a reader knows whose it says it is. */
export function keyIdOf(name: string, raw: Uint8Array, type: SignatureType = ED25519): Buffer {
  return sha256(Buffer.concat([Buffer.from(`${name}\n`, "utf8"), Buffer.of(type), raw])).subarray(0, 4);
}

/** A key's fingerprint as people compare it: `sha256:` and the SHA-256 of the raw public key in hex. */
export const keyFingerprint = (raw: Uint8Array): string => `sha256:${sha256(raw).toString("hex")}`;

/** The fingerprint of a verifier key: `sha256:` and hex. @throws SallyportError `note.invalid` for what is none. */
export const fingerprintOf = (vkey: string): string => keyFingerprint(parseVkey(vkey).raw);

/**
 * Spells a verifier key: `name+<key id>+<base64(signature type ‖ public key)>`; the type is 0x01, or 0x04 for who cosigns.
 *
 * @throws SallyportError `note.invalid` for a name with a space or a plus, or a key that hasn't 32 bytes.
 */
export function vkeyOf(name: string, raw: Uint8Array, type: SignatureType = ED25519): string {
  assertKeyName(name);
  if (raw.length !== 32) throw invalid("public key");
  return `${name}+${keyIdOf(name, raw, type).toString("hex")}+${Buffer.concat([Buffer.of(type), raw]).toString("base64")}`;
}

/**
 * Reads a verifier key; the key id must be the one that name and key give.
 *
 * @throws SallyportError `note.invalid`.
 */
export function parseVkey(vkey: string, type: SignatureType = ED25519): Vkey {
  const [name, keyId, ...rest] = vkey.split("+");
  // Base64 may hold plus signs of its own.
  const bytes = decodeBase64(rest.join("+"));
  if (name === undefined || keyId === undefined || bytes === null) throw invalid("vkey");
  if (bytes.length !== 33 || bytes[0] !== type) throw invalid("vkey");
  const raw = bytes.subarray(1);
  if (vkeyOf(name, raw, type) !== vkey) throw invalid("vkey");
  return { name, keyId, raw };
}

/**
 * Signs a text as a C2SP signed note with one Ed25519 signature.
 *
 * @throws SallyportError `note.invalid` for a text without a last newline, with control characters, or with lone surrogates.
 */
export function signNote(text: string, signer: NoteSigner): string {
  assertKeyName(signer.name);
  if (!text.endsWith("\n") || hasControl(text) || Buffer.from(text, "utf8").toString("utf8") !== text) throw invalid("text");
  const signature = signEd25519(signer.privateKey, Buffer.from(text, "utf8"));
  const line = Buffer.concat([keyIdOf(signer.name, ed25519RawOf(signer.privateKey)), signature]).toString("base64");
  return `${text}\n${signatureLine(signer.name, line)}`;
}

/** One line of a note's signatures, with its newline. `encoded` is base64 of key id and signature. */
export const signatureLine = (name: string, encoded: string): string => `${EM_DASH} ${name} ${encoded}\n`;

export interface SignatureLine {
  readonly name: string;
  readonly bytes: Buffer;
}

/** Reads a signature line without its newline. @throws SallyportError `note.invalid`. */
export function parseSignatureLine(line: string): SignatureLine {
  const [dash, name, encoded, ...rest] = line.split(" ");
  if (dash !== EM_DASH || name === undefined || encoded === undefined || rest.length > 0) throw invalid("signature line");
  const bytes = decodeBase64(encoded);
  if (!KEY_NAME.test(name) || bytes === null || bytes.length < 5) throw invalid("signature line");
  return { name, bytes };
}

/** Parts a note into its text (with the last newline) and its signature lines, trusting neither. */
function splitNote(note: string): { readonly text: string; readonly signatures: readonly SignatureLine[] } {
  const cut = note.lastIndexOf("\n\n");
  if (cut === -1 || !note.endsWith("\n") || hasControl(note)) throw invalid("form");
  const lines = note.slice(cut + 2, -1).split("\n");
  if (lines.length > SIGNATURES_MAX) throw invalid("too many signatures");
  return { text: note.slice(0, cut + 1), signatures: lines.map(parseSignatureLine) };
}

/**
 * Whether a note has a line that says it is by one of these keys. It verifies no signature: it parts stored notes by their keys, of which there may be a million.
 *
 * @throws SallyportError `note.invalid` for what is no verifier key.
 */
export function claimsOneOf(vkeys: readonly string[]): (note: string) => boolean {
  const keys = vkeys.map((vkey) => parseVkey(vkey));
  return (note) => {
    try {
      return splitNote(note).signatures.some((line) => keyNamedIn(line, keys) !== undefined);
    } catch {
      return false;
    }
  };
}

const keyNamedIn = (line: SignatureLine, keys: readonly Vkey[]): Vkey | undefined =>
  keys.find(({ name, keyId }) => line.name === name && line.bytes.subarray(0, 4).toString("hex") === keyId);

/**
 * Opens a note: its text, once a signature over it by one of these keys has been verified. Signatures of other keys are ignored, as C2SP
 * demands; a signature that says it is of one of these and doesn't verify rejects the note, whatever the others say.
 *
 * @param vkeys - One verifier key, or those that count (`keysBehind`).
 * @param verify - Port: whether a signature is by a key and over these bytes; a test replaces it.
 * @throws SallyportError `note.invalid`: not a note, or signed by none of them.
 */
export function openNote(note: string, vkeys: string | readonly string[], verify: typeof verifyEd25519 = verifyEd25519): string {
  const keys = (typeof vkeys === "string" ? [vkeys] : vkeys).map((vkey) => parseVkey(vkey));
  const { text, signatures } = splitNote(note);
  const ours = signatures.flatMap((line) => {
    const key = keyNamedIn(line, keys);
    return key === undefined ? [] : [{ publicKey: ed25519Public(key.raw), signature: line.bytes.subarray(4) }];
  });
  if (ours.length === 0) throw invalid("unknown key");
  const bytes = Buffer.from(text, "utf8");
  for (const { publicKey, signature } of ours) if (!verify(publicKey, bytes, signature)) throw invalid("signature");
  return text;
}

/** Whether a note is signed by this key. */
export function isSignedBy(note: string, vkey: string): boolean {
  try {
    openNote(note, vkey);
    return true;
  } catch (error) {
    if (codeOf(error) === "note.invalid") return false;
    throw error;
  }
}
