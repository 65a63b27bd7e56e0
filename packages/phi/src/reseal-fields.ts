import { type DataKey, type RandomBytes, resealField } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import type { FieldRow } from "./ports.ts";
import { placeOf, type SealedFor } from "./sealed-record.ts";

/**
 * Seals a subject's fields anew under its next data key, where they stand. No value is opened for anybody: it takes no grant, and answers ciphertext alone.
 *
 * @throws SallyportError `phi.integrity` for a field that doesn't open where it stands, or is another subject's: none of them is answered then.
 */
export const resealFields = (subject: SealedFor, from: DataKey, to: DataKey, rows: readonly FieldRow[], random?: RandomBytes): readonly FieldRow[] =>
  rows.map((row) => {
    if (row.subject !== subject.id) throw new SallyportError("phi.integrity");
    return { ...row, sealed: resealField(from, to, placeOf(subject, row), row.sealed, random) };
  });
