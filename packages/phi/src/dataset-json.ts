import { type Column, type DataType, DATA_TYPES, type Dataset, type FieldValue } from "./dataset.ts";
import { type Members, membersOf, refuse } from "./dataset-faults.ts";
import { assertRows } from "./dataset-rows.ts";
import { type JsonLimits, readJson } from "./read-json.ts";

const DOMAIN = /^[A-Z][A-Z0-9]{1,7}$/;
/** As the contracts name a field: what is stored has to be nameable. */
const VARIABLE = /^[A-Z][A-Z0-9_]{0,15}$/;
/** Version 1.0's first column: the record's number in the file. It is not a variable of the study. */
const ROW_NUMBER = "ITEMGROUPDATASEQ";
const LABEL_MAX = 200;
const COLUMNS_MAX = 1_000;

interface Body {
  readonly version: Dataset["standardVersion"];
  readonly studyOid: unknown;
  readonly name: unknown;
  readonly label: unknown;
  readonly records: unknown;
  readonly columns: unknown;
  readonly rows: unknown;
}

/**
 * Reads one dataset in Dataset-JSON 1.0 or 1.1 and validates it against its own column definitions: types, lengths,
 * number of records, uniqueness of keys, and the variables that its domain can't be without. DM has one row per subject.
 *
 * @throws SallyportError `packet.invalid` with up to 50 places in `where` (`row 12, column AGE: not an integer`), never a value;
 * `input.too_large` beyond the limits.
 */
export function readDataset(input: string | Uint8Array, limits?: JsonLimits): Dataset {
  const body = bodyOf(readJson(input, limits));
  if (typeof body.name !== "string" || !DOMAIN.test(body.name)) refuse("name", "not a domain's name");
  const columns = list(body.columns, "columns").map(body.version === "1.0" ? columnOf10 : columnOf11);
  if (columns.length === 0 || columns.length > COLUMNS_MAX) refuse("columns", "none, or too many");
  if (new Set(columns.map(({ name }) => name)).size !== columns.length) refuse("columns", "a name is given twice");
  const rows = list(body.rows, "rows");
  if (body.records !== rows.length) refuse("records", "not the number of rows");
  assertRows(body.name, body.version, columns, rows);
  const checked = rows as readonly (readonly FieldValue[])[];
  const numbered = columns[0]?.name === ROW_NUMBER;
  return {
    standardVersion: body.version,
    name: body.name,
    label: text(body.label, "label"),
    studyOid: body.studyOid === undefined ? "" : text(body.studyOid, "studyOID"),
    columns: numbered ? columns.slice(1) : columns,
    rows: numbered ? checked.map((row) => row.slice(1)) : checked,
  };
}

function bodyOf(file: unknown): Body {
  if (typeof file !== "object" || file === null || Array.isArray(file)) refuse("the file", "not an object");
  const version = (file as Members)["datasetJSONVersion"];
  if (typeof version === "string" && /^1\.0(\.\d+)?$/.test(version)) return bodyOf10(file);
  if (typeof version === "string" && /^1\.1(\.\d+)?$/.test(version)) return bodyOf11(file);
  return refuse("datasetJSONVersion", "not a version that is read (1.0 or 1.1)");
}

function bodyOf10(file: object): Body {
  const top = membersOf(
    file,
    "the file",
    ["datasetJSONVersion"],
    ["creationDateTime", "fileOID", "asOfDateTime", "originator", "sourceSystem", "sourceSystemVersion", "clinicalData", "referenceData"],
  );
  if (Object.hasOwn(top, "clinicalData") === Object.hasOwn(top, "referenceData")) refuse("the file", "has not exactly one of clinicalData and referenceData");
  const data = membersOf(top["clinicalData"] ?? top["referenceData"], "the data", ["studyOID", "itemGroupData"], ["metaDataVersionOID", "metaDataRef"]);
  const groups = data["itemGroupData"];
  if (typeof groups !== "object" || groups === null || Array.isArray(groups)) refuse("itemGroupData", "not an object");
  const [group, ...more] = Object.values(groups);
  if (group === undefined || more.length > 0) refuse("itemGroupData", "has not exactly one dataset");
  const one = membersOf(group, "the dataset", ["records", "name", "label", "items", "itemData"], []);
  return { version: "1.0", studyOid: data["studyOID"], name: one["name"], label: one["label"], records: one["records"], columns: one["items"], rows: one["itemData"] };
}

function bodyOf11(file: object): Body {
  const top = membersOf(
    file,
    "the file",
    ["datasetJSONCreationDateTime", "datasetJSONVersion", "itemGroupOID", "records", "name", "label", "columns"],
    ["fileOID", "dbLastModifiedDateTime", "originator", "sourceSystem", "studyOID", "metaDataVersionOID", "metaDataRef", "rows"],
  );
  return { version: "1.1", studyOid: top["studyOID"], name: top["name"], label: top["label"], records: top["records"], columns: top["columns"], rows: top["rows"] ?? [] };
}

function columnOf10(value: unknown, at: number): Column {
  const place = `column ${at + 1}`;
  const item = membersOf(value, place, ["OID", "name", "label", "type"], ["length", "fractionDigits", "displayFormat", "keySequence"]);
  return columnOf(item, item["type"], place);
}

function columnOf11(value: unknown, at: number): Column {
  const place = `column ${at + 1}`;
  const item = membersOf(value, place, ["itemOID", "name", "label", "dataType"], ["targetDataType", "length", "displayFormat", "keySequence"]);
  return columnOf(item, item["dataType"], place);
}

function columnOf(item: Members, type: unknown, place: string): Column {
  const name = item["name"];
  if (typeof name !== "string" || !VARIABLE.test(name)) refuse(place, "not a variable's name");
  if (!isDataType(type)) refuse(place, "not a type of the standard");
  return { name, label: text(item["label"], place), type, length: count(item["length"], place), key: count(item["keySequence"], place) };
}

const isDataType = (type: unknown): type is DataType => (DATA_TYPES as readonly unknown[]).includes(type);

function count(value: unknown, place: string): number | null {
  if (value === undefined) return null;
  if (!Number.isSafeInteger(value) || (value as number) < 1) refuse(place, "a length or key that is no number from 1");
  return value as number;
}

function text(value: unknown, place: string): string {
  if (typeof value !== "string" || value.length > LABEL_MAX) refuse(place, "a text is missing or too long");
  return value;
}

function list(value: unknown, place: string): readonly unknown[] {
  if (!Array.isArray(value)) refuse(place, "not a list");
  return value;
}
