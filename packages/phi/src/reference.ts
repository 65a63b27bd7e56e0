import { canonicalJson, type DataKey, hmacHex, isId } from "@sallyport/crypto";

const REFERENCE_DIGITS = 32;

/**
 * The name under which a subject is found again without storing who it is: HMAC-SHA-256 of study and USUBJID, 64 hex digits.
 * USUBJID is taken in NFC and without white space around it, so one identifier has one lookup.
 */
export const lookupOf = (key: DataKey["key"], study: string, usubjid: string): string =>
  hmacHex(key, canonicalJson(["sallyport/lookup/v1", study, usubjid.normalize("NFC").trim()]));

/**
 * What stands for a subject in the trail, in logs and in errors: `ref:v1:` and 32 hex digits of an HMAC of its id. Equal for
 * the same subject, and it tells nothing to whoever has no key. `v1` is the version of the key.
 *
 * @throws RangeError for anything but a subject's id.
 */
export function referenceOf(key: DataKey["key"], subjectId: string): string {
  if (!isId("sub", subjectId)) throw new RangeError("a reference is made of a subject's id");
  return `ref:v1:${hmacHex(key, canonicalJson(["sallyport/reference/v1", subjectId])).slice(0, REFERENCE_DIGITS)}`;
}
