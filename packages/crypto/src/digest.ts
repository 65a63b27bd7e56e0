import { createHash, createHmac, createSecretKey, type Hmac, type KeyObject, timingSafeEqual } from "node:crypto";
import { SallyportError } from "@sallyport/errors";

const SECRET_BYTES_MIN = 32;

/** SHA-256 (FIPS 180-4) of bytes, or of a text's UTF-8 form. */
export const sha256 = (data: string | Uint8Array): Buffer => createHash("sha256").update(data).digest();

/** SHA-256 as 64 lower-case hex digits. */
export const sha256Hex = (data: string | Uint8Array): string => createHash("sha256").update(data).digest("hex");

/** SHA-256 of what comes in pieces. */
export class RunningSha256 {
  readonly #hash = createHash("sha256");

  /** Takes the next piece; a text as its UTF-8 form. */
  update(data: string | Uint8Array): void {
    this.#hash.update(data);
  }

  /** 64 lower-case hex digits; ends the run. */
  hex(): string {
    return this.#hash.digest("hex");
  }
}

/** HMAC-SHA-256 (RFC 2104) of what comes in pieces. */
export class RunningHmac {
  readonly #hmac: Hmac;

  constructor(key: KeyObject) {
    this.#hmac = createHmac("sha256", key);
  }

  /** Takes the next piece; a text as its UTF-8 form. */
  update(data: string | Uint8Array): void {
    this.#hmac.update(data);
  }

  /** 64 lower-case hex digits; ends the run. */
  hex(): string {
    return this.#hmac.digest("hex");
  }
}

/** HMAC-SHA-256 (RFC 2104) of bytes, or of a text's UTF-8 form, as 64 lower-case hex digits. */
export const hmacHex = (key: KeyObject, text: string | Uint8Array): string => createHmac("sha256", key).update(text).digest("hex");

/**
 * Whether two hex digests are the same, in a time that depends on their length only. Different lengths are different,
 * and so is any spelling but lower case: a digest has one form.
 */
export function equalHex(a: string, b: string): boolean {
  const left = Buffer.from(a, "utf8");
  const right = Buffer.from(b, "utf8");
  return left.length === right.length && timingSafeEqual(left, right);
}

/**
 * Wraps secret bytes in a handle that doesn't print and that every cipher and MAC here takes.
 * The bytes are copied; the caller may overwrite its own.
 *
 * @throws SallyportError `secret.weak` under 32 bytes; the context has the length and nothing else.
 */
export function secretKey(bytes: Uint8Array): KeyObject {
  if (bytes.length < SECRET_BYTES_MIN) throw new SallyportError("secret.weak", { bytes: bytes.length, bytesMin: SECRET_BYTES_MIN });
  return createSecretKey(bytes);
}
