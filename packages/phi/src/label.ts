import { isId, sha256 } from "@sallyport/crypto";

const CONSONANTS = "BDFGHJKLMNPRSTVZ";
const VOWELS = "AEIOU";

/**
 * A subject's label for people, derived from the opaque id alone: `KIVOM-TARUP-7`. Nothing of the subject is in it.
 *
 * There are (16³ · 5²)² · 10 ≈ 1.05 · 10¹¹ labels: two subjects of a study of 10 000 share one with a probability of about
 * 1 in 2 000, of 300 with 1 in 2 000 000. Labels are unique in a study, so whoever inserts a subject takes a new id if its label is taken.
 *
 * @throws RangeError for anything but a subject's id.
 */
export function labelOf(subjectId: string): string {
  if (!isId("sub", subjectId)) throw new RangeError("a label is derived from a subject's id");
  let rest = sha256(`sallyport/label/v1\n${subjectId}`).readBigUInt64BE();
  const pick = (letters: string): string => {
    const letter = letters[Number(rest % BigInt(letters.length))] ?? "";
    rest /= BigInt(letters.length);
    return letter;
  };
  const word = (): string => pick(CONSONANTS) + pick(VOWELS) + pick(CONSONANTS) + pick(VOWELS) + pick(CONSONANTS);
  return `${word()}-${word()}-${pick("0123456789")}`;
}
