import { canonicalJson, type DataKey, type FieldPlace, openField, type RandomBytes, sealField } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import type { Grant, SiteRef } from "@sallyport/policy";
import type { FieldValue } from "./dataset.ts";
import { maskOf } from "./mask.ts";
import { assertOpens, comparesOnly, Phi } from "./phi.ts";
import type { Classification, FieldRow, RecordRow, SealedVersion } from "./ports.ts";
import { type Classifier, stricter } from "./profile.ts";

/** A field before it is sealed. */
export interface PlainField {
  readonly name: string;
  readonly classification: Classification;
  readonly value: Phi<FieldValue>;
}

/** Whose record it is: the opaque id and the owning site, which every field is bound to. */
export interface SealedFor extends SiteRef {
  readonly id: string;
}

/** A field as a grant may see it: opened, or masked. A hidden one isn't there at all. */
export type FieldView = {
  readonly domain: string;
  readonly record: string;
  readonly version: number;
  readonly name: string;
  /** What it is shown as: the stricter of what it was released with and what the study's profile says now. */
  readonly classification: Classification;
  /** What it was released with. */
  readonly stored: Classification;
} & ({ readonly shown: "open"; readonly value: Phi<FieldValue> } | { readonly shown: "masked"; readonly mask: string });

const BLOCK_BYTES = 64;

/**
 * What is sealed of a field: canonical JSON of its classification and value, filled up with spaces to a multiple of 64 bytes.
 * The classification goes in because it decides who may open: one that was changed beside the ciphertext shows. The filling
 * keeps the length of what is stored from telling one arm, sex or flag from another (docs/spec/field-v1.md §3).
 */
export function encodeField(classification: Classification, value: FieldValue): string {
  const text = canonicalJson([classification, value]);
  const over = Buffer.byteLength(text, "utf8") % BLOCK_BYTES;
  return over === 0 ? text : text + " ".repeat(BLOCK_BYTES - over);
}

/** The value of an opened text. @throws SallyportError `phi.integrity` for any text that {@link encodeField} doesn't make of this classification. */
export function decodeField(classification: Classification, text: string): FieldValue {
  const value = valueIn(text);
  if (!isFieldValue(value) || encodeField(classification, value) !== text) throw new SallyportError("phi.integrity");
  return value;
}

function valueIn(text: string): unknown {
  try {
    const pair: unknown = JSON.parse(text);
    return Array.isArray(pair) ? (pair as readonly unknown[])[1] : undefined;
  } catch {
    throw new SallyportError("phi.integrity");
  }
}

/**
 * Seals every field of one version of a record under the subject's data key, each bound to its own place.
 *
 * The grant must be one that may release: sealing new versions is a release's work, and opening what it was given is too.
 *
 * @throws SallyportError `policy.denied`.
 */
export function sealRecord(
  grant: Grant,
  dataKey: DataKey,
  subject: SealedFor,
  record: Omit<RecordRow, "subject"> & { readonly fields: readonly PlainField[] },
  random?: RandomBytes,
): SealedVersion {
  grant.assert("packet.release");
  const { domain, record: id, version, position, changed } = record;
  const row = { subject: subject.id, domain, record: id, version };
  // Its members are written out: this is made for each field of each row of a file, and spreading takes half as long as the cipher.
  const fields = record.fields.map(
    ({ name, classification, value }): FieldRow => ({
      subject: subject.id,
      domain,
      record: id,
      version,
      name,
      classification,
      sealed: sealField(dataKey, placeOf(subject, { domain, name, record: id, version }), encodeField(classification, value.open(grant)), random),
    }),
  );
  return { record: { ...row, position, ...(changed !== undefined && { changed }) }, fields };
}

/**
 * What a grant may see of a subject's stored fields, each as the stricter of what it was released with and what the study's profile says
 * now, of its variable and of its value. A field is decrypted only if what its variable is is readable under the grant; a masked one isn't
 * touched, and a hidden one is left out. One that doesn't authenticate fails the whole.
 *
 * @throws SallyportError `policy.denied` for a closed grant, another action or another site; `phi.integrity` for a field
 * that was altered, moved, put back, or is another subject's.
 */
export function openFields(grant: Grant, dataKey: DataKey, subject: SealedFor, rows: readonly FieldRow[], classifier: Classifier): readonly FieldView[] {
  grant.assert("subject.read", "phi.read", "phi.bulk_reveal", "packet.release", "packet.inspect");
  if (!grant.covers(subject)) throw new SallyportError("policy.denied", { rule: grant.rule });
  // As in sealRecord, members are written out: this is made for each field of each read.
  return rows.flatMap((row): readonly FieldView[] => {
    if (row.subject !== subject.id) throw new SallyportError("phi.integrity");
    const { domain, record, version, name, classification: stored } = row;
    const isOpen = (classification: Classification): boolean => comparesOnly(grant) || grant.fields.readable.includes(classification);
    let classification = classifier.ofStored(row);
    if (isOpen(classification)) {
      assertOpens(grant, subject, classification);
      const value = decodeField(stored, openField(dataKey, placeOf(subject, row), row.sealed));
      // What a value is by itself is known now only: where that closes it, it goes no further.
      classification = stricter(classification, classifier.ofValue(domain, name, value));
      if (isOpen(classification)) return [{ domain, record, version, name, stored, classification, shown: "open", value: new Phi(value, { site: subject, classification }) }];
    }
    return grant.fields.masked.includes(classification) ? [{ domain, record, version, name, stored, classification, shown: "masked", mask: maskOf() }] : [];
  });
}

/** Where a field stands, as it is bound there (docs/spec/field-v1.md §2). */
export const placeOf = (subject: SealedFor, row: Pick<FieldRow, "domain" | "name" | "record" | "version">): FieldPlace => ({
  study: subject.study,
  site: subject.site,
  subject: subject.id,
  field: `${row.domain}.${row.name}.${row.record}`,
  version: row.version,
});

const isFieldValue = (value: unknown): value is FieldValue =>
  value === null || typeof value === "string" || typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value));
