import { type Column, type DataType, DATA_TYPES } from "./dataset.ts";
import { type Members, membersOf, refuse } from "./dataset-faults.ts";
import { CONSENT } from "./subject-acts.ts";

const DOMAIN = /^[A-Z][A-Z0-9]{1,7}$/;
/** As the contracts name a field: what is stored has to be nameable. */
const VARIABLE = /^[A-Z][A-Z0-9_]{0,15}$/;
/** Version 1.0's first column: the record's number in the file. It is not a variable of the study. */
const ROW_NUMBER = "ITEMGROUPDATASEQ";
const LABEL_MAX = 200;
const COLUMNS_MAX = 1_000;
/** What is remembered of each row, to tell it from the others, bounds how many are read: some 64 bytes each, and of a subject some 200. */
const RECORDS_MAX = 2_000_000;
const SUBJECTS_MAX = 200_000;

/** What a file says of its dataset besides the rows. */
export interface DatasetHead {
  /** Of Dataset-JSON, or of FHIR. */
  readonly standardVersion: "1.0" | "1.1" | "R4";
  /** `ndjson` has its rows on lines of their own. */
  readonly format: "json" | "ndjson";
  /** The domain: `DM`, `AE`, … */
  readonly name: string;
  readonly label: string;
  /** As the file says, "" where it doesn't; the study itself is what every row names. */
  readonly studyOid: string;
  /** The variables, in the order of a row's cells. */
  readonly columns: readonly Column[];
  readonly records: number;
  /** Whether its rows are subjects, one each, and bind them to their sites; every other domain follows. */
  readonly binds: boolean;
  /** Whether a row has some of the columns only: null then is a variable that isn't there. */
  readonly isSparse: boolean;
}

/** A head as a file has it: version 1.0 numbers its rows in a column that isn't one of the study's variables. */
export interface FileHead extends DatasetHead {
  readonly standardVersion: "1.0" | "1.1";
  /** Whether the first cell of each row of the file is its number, which is in no column. */
  readonly isNumbered: boolean;
}

interface Body {
  readonly version: FileHead["standardVersion"];
  readonly studyOid: unknown;
  readonly name: unknown;
  readonly label: unknown;
  readonly records: unknown;
  readonly columns: unknown;
  readonly rows: unknown;
}

const TOP_10 = ["datasetJSONVersion"];
const DATA_10 = ["studyOID", "itemGroupData"];
const GROUP_10 = ["records", "name", "label", "items", "itemData"];
const TOP_11 = ["datasetJSONCreationDateTime", "datasetJSONVersion", "itemGroupOID", "records", "name", "label", "columns"];

const TEXTS_11 = ["itemGroupOID", "fileOID", "originator", "studyOID", "metaDataVersionOID", "metaDataRef"];
const TIMES_11 = ["datasetJSONCreationDateTime", "dbLastModifiedDateTime"];
/** As the standard's schema has it: to the second at least, with or without a zone. */
const DATE_TIME = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:[+-](?:[01]\d|2[0-3]):[0-5]\d|Z)?$/;
const TARGETS_11: readonly unknown[] = [undefined, "integer", "decimal"];

/** Whether everything that {@link headOf} looks for has been read, so that whatever comes after it can wait. */
export function isWholeHead(members: Members): boolean {
  const has = (object: unknown, names: readonly string[]): boolean => typeof object === "object" && object !== null && names.every((name) => Object.hasOwn(object, name));
  if (has(members, [...TOP_11, "studyOID"])) return true;
  const data = members["clinicalData"] ?? members["referenceData"];
  if (!has(members, TOP_10) || !has(data, DATA_10)) return false;
  const groups = (data as Members)["itemGroupData"];
  return typeof groups === "object" && groups !== null && Object.values(groups).some((group) => has(group, GROUP_10));
}

/**
 * The head of a file in Dataset-JSON 1.0 or 1.1, from its members; its rows were read from where `rowsAt` says.
 *
 * @throws SallyportError `packet.invalid` where a member is missing, of another type, or none of the standard's.
 */
export function headOf(members: Members, rowsAt: "rows" | "itemData" | "lines" | null): FileHead {
  const body = bodyOf(members);
  if (typeof body.name !== "string" || !DOMAIN.test(body.name) || body.name === CONSENT.domain) refuse("name", "not a domain's name");
  if (rowsAt === "lines" && body.version !== "1.1") refuse("the file", "has rows on lines of their own, which its version doesn't have");
  const columns = list(body.columns, "columns").map(body.version === "1.0" ? columnOf10 : columnOf11);
  const isNumbered = columns[0]?.name === ROW_NUMBER;
  const variables = isNumbered ? columns.slice(1) : columns;
  if (variables.length === 0 || columns.length > COLUMNS_MAX) refuse("columns", "none, or too many");
  const again = columns.findIndex(({ name }, at) => columns.findIndex((other) => other.name === name) < at);
  if (again >= 0) refuse(`column ${again + 1}`, "its name was given to an earlier column");
  const keys = columns.flatMap(({ key }) => key ?? []);
  if (new Set(keys).size !== keys.length) refuse("columns", "a key position is given twice");
  if (isNumbered && columns[0]?.type !== "integer") refuse(`column ${ROW_NUMBER}`, "not of type integer");
  list(body.rows, "rows");
  if (!Number.isSafeInteger(body.records) || (body.records as number) < 0) refuse("records", "not a number of rows");
  assertCount(body.records as number, body.name === "DM");
  return {
    standardVersion: body.version,
    format: rowsAt === "lines" ? "ndjson" : "json",
    name: body.name,
    label: text(body.label, "label"),
    studyOid: body.studyOid === undefined ? "" : text(body.studyOid, "studyOID"),
    columns: variables,
    records: body.records as number,
    binds: body.name === "DM",
    isSparse: false,
    isNumbered,
  };
}

/** @throws SallyportError `packet.invalid` where a file has more rows than are read at once. */
export function assertCount(records: number, binds: boolean): void {
  const most = binds ? SUBJECTS_MAX : RECORDS_MAX;
  if (records > most) refuse("records", `more than ${most.toLocaleString("en")} rows: bring them in several files`);
}

function bodyOf(file: Members): Body {
  const version = file["datasetJSONVersion"];
  if (typeof version === "string" && /^1\.0(\.\d+)?$/.test(version)) return bodyOf10(file);
  if (typeof version === "string" && /^1\.1(\.(0|[1-9]\d*))?$/.test(version)) return bodyOf11(file);
  return refuse("datasetJSONVersion", "not a version that is read (1.0 or 1.1)");
}

function bodyOf10(file: object): Body {
  const top = membersOf(file, "the file", TOP_10, [
    "creationDateTime",
    "fileOID",
    "asOfDateTime",
    "originator",
    "sourceSystem",
    "sourceSystemVersion",
    "clinicalData",
    "referenceData",
  ]);
  if (Object.hasOwn(top, "clinicalData") === Object.hasOwn(top, "referenceData")) refuse("the file", "has not exactly one of clinicalData and referenceData");
  const data = membersOf(top["clinicalData"] ?? top["referenceData"], "the data", DATA_10, ["metaDataVersionOID", "metaDataRef"]);
  const groups = data["itemGroupData"];
  if (typeof groups !== "object" || groups === null || Array.isArray(groups)) refuse("itemGroupData", "not an object");
  const [group, ...more] = Object.values(groups);
  if (group === undefined || more.length > 0) refuse("itemGroupData", "has not exactly one dataset");
  const one = membersOf(group, "the dataset", GROUP_10, []);
  return { version: "1.0", studyOid: data["studyOID"], name: one["name"], label: one["label"], records: one["records"], columns: one["items"], rows: one["itemData"] };
}

function bodyOf11(file: object): Body {
  const top = membersOf(file, "the file", TOP_11, ["fileOID", "dbLastModifiedDateTime", "originator", "sourceSystem", "studyOID", "metaDataVersionOID", "metaDataRef", "rows"]);
  for (const name of TEXTS_11) if (top[name] !== undefined && typeof top[name] !== "string") refuse(name, "not a text");
  for (const name of TIMES_11) if (top[name] !== undefined && !(typeof top[name] === "string" && DATE_TIME.test(top[name]))) refuse(name, "not a date and time");
  if (top["sourceSystem"] !== undefined) {
    const { name, version } = membersOf(top["sourceSystem"], "sourceSystem", ["name", "version"], []);
    if (typeof name !== "string" || typeof version !== "string") refuse("sourceSystem", "not a name and a version");
  }
  return {
    version: "1.1",
    studyOid: top["studyOID"],
    name: top["name"],
    label: top["label"],
    records: top["records"],
    columns: top["columns"],
    rows: Object.hasOwn(top, "rows") ? top["rows"] : [],
  };
}

function columnOf10(value: unknown, at: number): Column {
  const place = `column ${at + 1}`;
  const item = membersOf(value, place, ["OID", "name", "label", "type"], ["length", "fractionDigits", "displayFormat", "keySequence"]);
  return columnOf(item, item["type"], place);
}

function columnOf11(value: unknown, at: number): Column {
  const place = `column ${at + 1}`;
  const item = membersOf(value, place, ["itemOID", "name", "label", "dataType"], ["targetDataType", "length", "displayFormat", "keySequence"]);
  if (typeof item["itemOID"] !== "string" || !(item["displayFormat"] === undefined || typeof item["displayFormat"] === "string"))
    refuse(place, "an OID or a format that is no text");
  if (!TARGETS_11.includes(item["targetDataType"])) refuse(place, "not a target type of the standard");
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
