import { RunningSha256, sealAgePayload } from "@sallyport/crypto";
import { Encrypter } from "age-encryption";

/** `age1` and 58 digits of bech32: an X25519 recipient, and no other kind. */
const RECIPIENT = /^age1[023456789ac-hj-np-z]{58}$/;
/** Behind a header, of an empty file: a nonce of 16 bytes, and a tag of 16. */
const EMPTY_PAYLOAD_BYTES = 32;

/**
 * Whether this is an X25519 recipient of the age format to which something can be sealed: in its one spelling, with its checksum, and no point of low
 * order, to which everybody could open what is sealed.
 */
export async function isRecipientKey(key: string): Promise<boolean> {
  if (!RECIPIENT.test(key)) return false;
  try {
    const encrypter = new Encrypter();
    encrypter.addRecipient(key);
    return (await encrypter.encrypt("")).length > 0;
  } catch {
    return false;
  }
}

/** What was sealed, once its last piece was taken. */
export interface Sealed {
  readonly sha256: string;
  readonly length: number;
}

/**
 * Seals bytes to one recipient in the age format (age-encryption.org/v1), a piece at a time, so that the stock `age` command opens it. The header is the
 * library's; what stands behind it, all of the bytes, is sealed by the platform's own cipher.
 *
 * @param recipient - As {@link isRecipientKey} takes it.
 * @returns What was sealed: length in bytes and SHA-256, for the record.
 */
export async function* sealPacket(recipient: string, content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, Sealed> {
  const { header, fileKey } = await headerTo(recipient);
  const digest = new RunningSha256();
  let length = 0;
  const told = (piece: Uint8Array): Uint8Array => {
    digest.update(piece);
    length += piece.length;
    return piece;
  };
  try {
    yield told(header);
    for await (const piece of sealAgePayload(fileKey, content)) yield told(piece);
  } finally {
    fileKey.fill(0);
  }
  return { sha256: digest.hex(), length };
}

/** The header of a fresh file key to a recipient: of an empty file that the library seals, whose payload is thrown away with its nonce. */
async function headerTo(recipient: string): Promise<{ readonly header: Uint8Array; readonly fileKey: Uint8Array }> {
  let fileKey: Uint8Array = new Uint8Array();
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  // One that adds nothing to the header, and is handed the file key as each recipient is.
  encrypter.addRecipient({
    wrapFileKey: (key) => {
      fileKey = Uint8Array.from(key);
      return [];
    },
  });
  const sealed = await encrypter.encrypt(new Uint8Array());
  return { header: sealed.subarray(0, sealed.length - EMPTY_PAYLOAD_BYTES), fileKey };
}
