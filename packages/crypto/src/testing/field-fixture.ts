import { createCipheriv, createDecipheriv } from "node:crypto";
import { seededBytes } from "@sallyport/testkit";
import type { Aead } from "../aead.ts";
import type { DataKey } from "../data-key.ts";
import { secretKey } from "../digest.ts";
import type { FieldPlace } from "../field-cipher.ts";

export const dataKey: DataKey = { id: "sub_0123456789abcdefghjkmnpqrs-1", key: secretKey(seededBytes("data key")(32)) };
export const place: FieldPlace = { study: "CDISCPILOT01", site: "701", subject: "sub_0123456789abcdefghjkmnpqrs", field: "DM.SEX.1", version: 1 };

/** AES-256-GCM as Node gives it when nothing is asked for: tags and nonces of any length that OpenSSL takes. */
export const laxAead: Aead = {
  seal(key, nonce, plaintext, aad) {
    const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(aad);
    return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
  },
  open(key, nonce, ciphertext, tag, aad) {
    const decipher = createDecipheriv("aes-256-gcm", key, nonce).setAAD(aad).setAuthTag(tag);
    return Buffer.concat([decipher.update(ciphertext), decipher.final()]);
  },
};

/** Decrypts and never asks whether the tag holds: `final()` is left out. */
export const uncheckedAead: Aead = {
  seal: laxAead.seal,
  open: (key, nonce, ciphertext) => createDecipheriv("aes-256-gcm", key, nonce).update(ciphertext),
};

/** The bytes with one bit turned over. */
export function flipBit(bytes: Buffer, bit: number): Buffer {
  const flipped = Buffer.from(bytes);
  flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
  return flipped;
}

/** Whether a call answered; a refusal must be the one code. */
export function opens(call: () => unknown): boolean {
  try {
    call();
    return true;
  } catch {
    return false;
  }
}
