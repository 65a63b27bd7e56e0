import { RunningSha256 } from "@sallyport/crypto";
import { Encrypter } from "age-encryption";

/** `age1` and 58 digits of bech32: an X25519 recipient, and no other kind. */
const RECIPIENT = /^age1[023456789ac-hj-np-z]{58}$/;

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
 * Seals bytes to one recipient in the age format (age-encryption.org/v1), a piece at a time, so that the stock `age` command opens it.
 *
 * @param recipient - As {@link isRecipientKey} takes it.
 * @returns What was sealed: length in bytes and SHA-256, for the record.
 */
export async function* sealPacket(recipient: string, content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, Sealed> {
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  const sealed = await encrypter.encrypt(streamOf(content));
  const digest = new RunningSha256();
  let length = 0;
  const reader = sealed.getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      digest.update(next.value);
      length += next.value.length;
      yield next.value;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
  return { sha256: digest.hex(), length };
}

/** Pulled one piece at a time; each is copied, since its source may use its memory again. */
function streamOf(content: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const pieces = content[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const next = await pieces.next();
        if (next.done === true) controller.close();
        else controller.enqueue(Uint8Array.from(next.value));
      },
      async cancel() {
        await pieces.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}
