import { type DataKey, newId, sealField, sha256Hex } from "@sallyport/crypto";
import type { Grant } from "@sallyport/policy";

/** A free-text reason as it is stored: sealed, with the salted commitment to it that the trail holds. */
export interface SealedReason {
  readonly id: string;
  readonly requestId: string;
  readonly sealed: string;
  readonly commitment: string;
}

/**
 * Seals a reason under the change key. The commitment is SHA-256 over a random salt and the text; the salt is sealed with the text, so
 * whoever may open it can prove what stood there, and nobody else can guess it.
 */
export function sealReason(key: DataKey, grant: Grant, text: string): SealedReason {
  const id = newId("chg");
  const salt = newId("salt");
  const sealed = sealField(key, { study: "-", site: "-", subject: id, field: "reason", version: 1 }, JSON.stringify({ salt, text }));
  return { id, requestId: grant.requestId, sealed, commitment: sha256Hex(`${salt}\n${text}`) };
}
