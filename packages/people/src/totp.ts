import { pooledRandom, type RandomBytes } from "@sallyport/crypto";
import { Secret, TOTP } from "otpauth";

/** RFC 6238 as authenticator apps do it: HMAC-SHA-1, six digits, thirty seconds; one step either way for clocks. */
const STEP_S = 30;
const DIGITS = 6;
const WINDOW = 1;
/** RFC 4226 §4, R6: 160 bits. */
const SECRET_BYTES = 20;

/** A new shared secret, base32 without padding. */
export const newTotpSecret = (random: RandomBytes = pooledRandom): string => new Secret({ buffer: Uint8Array.from(random(SECRET_BYTES)).buffer }).base32;

/** The `otpauth:` URI that an authenticator app reads from a QR code. */
export const totpUri = (secret: string, issuer: string, account: string): string => generator(secret, issuer, account).toString();

/** The time step of a code that the secret gives now, or null. Which steps were used already is the caller's to know. */
export function totpStep(secret: string, code: string, nowMs: number): number | null {
  if (!/^[0-9]{6}$/.test(code)) return null;
  const delta = generator(secret).validate({ token: code, timestamp: nowMs, window: WINDOW });
  return delta === null ? null : Math.floor(nowMs / 1000 / STEP_S) + delta;
}

/** The code of this moment: what an authenticator app shows. */
export const totpCode = (secret: string, nowMs: number): string => generator(secret).generate({ timestamp: nowMs });

const generator = (secret: string, issuer = "Sallyport", label = "Sallyport"): TOTP =>
  new TOTP({ issuer, label, algorithm: "SHA1", digits: DIGITS, period: STEP_S, secret: Secret.fromBase32(secret) });
