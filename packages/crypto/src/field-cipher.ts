import { SallyportError } from "@sallyport/errors";
import { type Aead, aes256Gcm, NONCE_BYTES, openJoined } from "./aead.ts";
import { boundText } from "./bound-text.ts";
import type { DataKey } from "./data-key.ts";
import { pooledRandom, type RandomBytes } from "./random-pool.ts";
import { type SealedForm, sealedForm } from "./sealed-form.ts";

/** Where a field stands. A sealed field opens in exactly one place. */
export interface FieldPlace {
  readonly study: string;
  readonly site: string;
  /** Opaque subject id. */
  readonly subject: string;
  /** `<domain>.<name>.<record>`, for example `DM.SEX.1`. */
  readonly field: string;
  /** The record's version, from 1. */
  readonly version: number;
}

const LONE_SURROGATE = /\p{Surrogate}/u;

/** What a field is bound to (docs/spec/field-cipher-v1.md §3), or null where the place can't be written. */
export type FieldBinding = (keyId: string, place: FieldPlace) => Buffer | null;

/** Binds the form's version, the key's id, study, site, subject, field and record version. */
export const bindFieldPlace: FieldBinding = (keyId, place) => {
  if (!Number.isSafeInteger(place.version) || place.version < 1) return null;
  const text = boundText("sallyport/field/sp1", [keyId, place.study, place.site, place.subject, place.field, String(place.version)]);
  return text === null ? null : Buffer.from(text, "latin1");
};

/** What the field cipher is made of. */
export interface FieldCipherParts {
  readonly aead: Aead;
  readonly bind: FieldBinding;
  readonly form: SealedForm;
}

/** What production seals and opens by. */
export const strictFieldParts: FieldCipherParts = { aead: aes256Gcm, bind: bindFieldPlace, form: sealedForm("sp1") };

/** The field cipher over its parts; other parts than the strict ones are for tests that show what each is for. */
export class FieldCipher {
  readonly #parts: FieldCipherParts;

  constructor(parts: FieldCipherParts = strictFieldParts) {
    this.#parts = parts;
  }

  /** See {@link sealField}. */
  seal(key: DataKey, place: FieldPlace, plaintext: string, random: RandomBytes = pooledRandom): string {
    const { aead, bind, form } = this.#parts;
    if (LONE_SURROGATE.test(plaintext)) throw new TypeError("a lone surrogate can't be sealed: it would open as another text");
    const aad = bind(key.id, place);
    if (aad === null) throw new RangeError("a place is printable ASCII of 1 to 256 characters each, and a version from 1");
    return form.write(key.id, aead.seal(key.key, random(NONCE_BYTES), Buffer.from(plaintext, "utf8"), aad));
  }

  /** See {@link openField}. */
  open(key: DataKey, place: FieldPlace, sealed: string): string {
    const { aead, bind, form } = this.#parts;
    const aad = bind(key.id, place);
    const joined = form.read(key.id, sealed);
    if (aad === null || joined === null) throw new SallyportError("phi.integrity");
    return openJoined(aead, key.key, joined, aad).toString("utf8");
  }
}

const cipher = new FieldCipher();

/**
 * Seals one field for one place: `sp1.<key id>.<base64url(nonce ‖ ciphertext ‖ tag)>` (docs/spec/field-cipher-v1.md).
 *
 * The nonce is random: at most 2^32 values under one key (SP 800-38D §8.3). The length of the text shows; its value doesn't.
 *
 * @throws RangeError for a key id or place that can't be written; TypeError for a text with a lone surrogate.
 */
export const sealField = (key: DataKey, place: FieldPlace, plaintext: string, random?: RandomBytes): string => cipher.seal(key, place, plaintext, random);

/**
 * Opens one sealed field and proves that it belongs where it was found: study, site, subject, field, record version and
 * key id are authenticated with it, so a value that was moved, swapped or put back fails as an altered one does.
 * The key is the one that the caller names; others are never tried.
 *
 * @returns The plaintext, which must not be logged.
 * @throws SallyportError `phi.integrity` for every way of not opening, not told apart.
 */
export const openField = (key: DataKey, place: FieldPlace, sealed: string): string => cipher.open(key, place, sealed);

/** The id of the key that a sealed field names, so that the right key can be fetched. @throws SallyportError `phi.integrity` */
export const sealedUnder = (sealed: string): string => strictFieldParts.form.keyIdOf(sealed);

/**
 * Seals a field anew under another key, at the same place. The text in between doesn't leave this function: nothing of it is looked at, kept or shown.
 *
 * @throws SallyportError `phi.integrity` for one that doesn't open; as {@link sealField}.
 */
export const resealField = (from: DataKey, to: DataKey, place: FieldPlace, sealed: string, random?: RandomBytes): string =>
  cipher.seal(to, place, cipher.open(from, place, sealed), random);
