import { type DataKey, newId, openField, sealField, sha256Hex } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
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
  const sealed = sealField(key, placeOfReason(id), JSON.stringify({ salt, text }));
  return { id, requestId: grant.requestId, sealed, commitment: sha256Hex(`${salt}\n${text}`) };
}

/** Opens a reason that {@link sealReason} sealed, through a grant that reads it. Throws `phi.integrity` where it isn't what the trail committed to. */
export function openReason(key: DataKey, grant: Grant, { id, sealed, commitment }: Pick<SealedReason, "id" | "sealed" | "commitment">): string {
  grant.assert("approval.read", "lock.read", "emergency.review", "role.read", "trail.review", "trail.read", "keys.read");
  const opened = JSON.parse(openField(key, placeOfReason(id), sealed)) as { readonly salt: string; readonly text: string };
  if (sha256Hex(`${opened.salt}\n${opened.text}`) !== commitment) throw new SallyportError("phi.integrity");
  return opened.text;
}

const placeOfReason = (id: string) => ({ study: "-", site: "-", subject: id, field: "reason", version: 1 });
