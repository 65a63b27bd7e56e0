import { ed25519Public, p256Public } from "@sallyport/crypto";

/** COSE labels and values (RFC 9052 §7.1, RFC 9053 §7). */
const KTY = 1;
const ALG = 3;
const CRV = -1;
const X = -2;
const Y = -3;
const OKP = 1;
const EC2 = 2;
const EDDSA = -8;
const ES256 = -7;
const ED25519 = 6;
const P256 = 1;

const bytesOf = (value: unknown): Uint8Array => (value instanceof Uint8Array ? value : new Uint8Array());

/**
 * Whether a COSE_Key is an Ed25519 or a P-256 public key in the one form for its algorithm: these members, no others, a point that
 * is on the curve, and for Ed25519 not one of low order, under which one signature fits many messages.
 */
export function isSoundKey(key: ReadonlyMap<unknown, unknown>): boolean {
  const has = (members: ReadonlyMap<number, unknown>): boolean =>
    key.size === members.size && [...members].every(([label, value]) => (value === null ? key.has(label) : key.get(label) === value));
  try {
    if (
      has(
        new Map<number, unknown>([
          [KTY, OKP],
          [ALG, EDDSA],
          [CRV, ED25519],
          [X, null],
        ]),
      )
    ) {
      ed25519Public(bytesOf(key.get(X)));
      return true;
    }
    if (
      has(
        new Map<number, unknown>([
          [KTY, EC2],
          [ALG, ES256],
          [CRV, P256],
          [X, null],
          [Y, null],
        ]),
      )
    ) {
      p256Public(bytesOf(key.get(X)), bytesOf(key.get(Y)));
      return true;
    }
    return false;
  } catch {
    return false;
  }
}
