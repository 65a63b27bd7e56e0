import { type DataKey, openField, type RandomBytes, sealField } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import type { Grant, SiteRef } from "@sallyport/policy";
import type { FieldRow } from "./ports.ts";
import { decodeField, encodeField, placeOf, type SealedFor } from "./sealed-record.ts";
import { CONSENT } from "./subject-acts.ts";

/** A place of a subject, and its data key there. */
interface KeyedPlace {
  readonly site: SiteRef;
  readonly key: DataKey;
}

/**
 * Seals fields anew for another place of the same subject: opened where they stand, and sealed there under the other key. What is
 * opened in between is shown to nobody and leaves nothing behind. One that doesn't open where it stands fails the whole.
 *
 * @throws SallyportError `policy.denied` unless the grant is for a transfer and reaches both places; `phi.integrity`.
 */
export function moveFields(grant: Grant, id: string, from: KeyedPlace, to: KeyedPlace, rows: readonly FieldRow[], random?: RandomBytes): readonly FieldRow[] {
  grant.assert("subject.transfer");
  if (!grant.covers(from.site) || !grant.covers(to.site)) throw new SallyportError("policy.denied", { rule: grant.rule });
  return rows.map((row) => {
    if (row.subject !== id) throw new SallyportError("phi.integrity");
    const text = openField(from.key, placeOf({ id, ...from.site }, row), row.sealed);
    decodeField(row.classification, text);
    return { ...row, sealed: sealField(to.key, placeOf({ id, ...to.site }, row), text, random) };
  });
}

/**
 * Seals from when a consent is withdrawn: a date of a person's (45 CFR 164.514(b)(2)(i)(C)), and so it is sealed, masked and revealed as their fields are.
 *
 * @param date - `YYYY-MM-DD`.
 * @param n - The withdrawal's number.
 * @throws SallyportError `policy.denied` unless the grant is for a withdrawal and reaches the subject's site.
 */
export function sealConsentDate(grant: Grant, key: DataKey, subject: SealedFor, n: number, date: string, random?: RandomBytes): string {
  grant.assert("subject.withdraw");
  if (!grant.covers(subject)) throw new SallyportError("policy.denied", { rule: grant.rule });
  return sealField(key, placeOf(subject, { ...CONSENT, record: String(n), version: 1 }), encodeField("phi", date), random);
}
