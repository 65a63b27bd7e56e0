import type { KeyObject } from "node:crypto";

/** Whether a key is of a kind that a workload may have: ECDSA on P-256, or Ed25519. */
export function isAllowedKey(key: KeyObject): boolean {
  return key.asymmetricKeyType === "ed25519" || (key.asymmetricKeyType === "ec" && key.asymmetricKeyDetails?.namedCurve === "prime256v1");
}
