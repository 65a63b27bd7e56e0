import { canonicalJson, type DataKey, hmacHex } from "@sallyport/crypto";
import type { FieldValue } from "./dataset.ts";
import { refuse } from "./dataset-faults.ts";
import type { DatasetHead } from "./dataset-head.ts";

/** The same in every row of a dataset, or said beside the values: they tell no two records of it apart. */
const NOT_OF_A_RECORD: ReadonlySet<string> = new Set(["STUDYID", "DOMAIN", "USUBJID"]);
const NUMERIC: ReadonlySet<string> = new Set(["integer", "float", "double"]);
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const DIGITS = 26;

/**
 * The variables that tell a subject's records of this dataset apart, in order of name: its sequence number (`AESEQ`) where
 * it has that column, else the keys that the file declares. None, where a subject has one record: in DM, and where the
 * declared key is the subject alone.
 *
 * @throws SallyportError `packet.invalid` where the dataset has neither, or numbers its records with what is no number.
 */
export function identityOf(head: Pick<DatasetHead, "name" | "columns">): readonly string[] {
  if (head.name === "DM") return [];
  const sequence = sequenceOf(head);
  if (sequence !== undefined) {
    if (!NUMERIC.has(sequence.type)) refuse(`column ${sequence.name}`, "not of a numeric type");
    return [sequence.name];
  }
  const keys = head.columns.filter(({ key }) => key !== null).map(({ name }) => name);
  const own = keys.filter((name) => !NOT_OF_A_RECORD.has(name));
  if (own.length === 0 && !keys.includes("USUBJID")) refuse("columns", `neither ${head.name}SEQ nor keys that tell a subject's records apart`);
  return own.sort((a, b) => (a < b ? -1 : 1));
}

/** The domain of which a dataset is a part, where it is one: `QSCO` is of `QS`. A split dataset's name has three or four letters, the domain's first (SDTMIG 3.4 §4.1.7). */
export const parentDomain = (name: string): string => (name.length === 3 || name.length === 4 ? name.slice(0, 2) : name);

/** The column of a dataset's sequence numbers, by its own name or its domain's. */
export const sequenceOf = ({ name, columns }: Pick<DatasetHead, "name" | "columns">): DatasetHead["columns"][number] | undefined =>
  columns.find((column) => column.name === `${name}SEQ`) ?? columns.find((column) => column.name === `${parentDomain(name)}SEQ`);

/** A record as a file's row names it. `values` are those of {@link identityOf}, in its order. */
export interface RecordPlace {
  readonly study: string;
  readonly usubjid: string;
  readonly domain: string;
  readonly values: readonly FieldValue[];
}

/**
 * The id under which a record is stored and found again. It holds no value: 26 digits of lower-case Crockford base32, 130 bits
 * of an HMAC-SHA-256 under the lookup key. Equal for the same record of the same subject, and nothing else; `1` in DM.
 */
export function recordIdOf(lookupKey: DataKey["key"], { study, usubjid, domain, values }: RecordPlace): string {
  if (domain === "DM") return "1";
  const digest = Buffer.from(hmacHex(lookupKey, canonicalJson(["sallyport/record/v1", study, usubjid.normalize("NFC").trim(), domain, values])), "hex");
  let id = "";
  for (const byte of digest.subarray(0, DIGITS)) id += ALPHABET.charAt(byte & 31);
  return id;
}
