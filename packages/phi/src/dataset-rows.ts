import { isSiteToken } from "@sallyport/policy";
import type { Column, Dataset } from "./dataset.ts";
import { DatasetFaults } from "./dataset-faults.ts";
import { faultOf } from "./field-type.ts";

/** Domains that speak of the trial and not of subjects. */
const TRIAL_DESIGN: ReadonlySet<string> = new Set(["TA", "TD", "TE", "TI", "TM", "TS", "TV"]);

type Form = (text: string) => boolean;

/** An identifier has one spelling: its own normal form, without white space around it or control characters in it. */
const isIdentifier: Form = (text) => text === text.normalize("NFC").trim() && text.length <= 64 && !/\p{Cc}/u.test(text);
/** What its domain can't be without, and how its texts must be. */
function requiredOf(domain: string): ReadonlyMap<string, Form> {
  const isDomain: Form = (text) => text === domain;
  if (domain === "DM") {
    return new Map([
      ["STUDYID", isSiteToken],
      ["DOMAIN", isDomain],
      ["USUBJID", isIdentifier],
      ["SUBJID", isIdentifier],
      ["SITEID", isSiteToken],
    ]);
  }
  if (TRIAL_DESIGN.has(domain))
    return new Map([
      ["STUDYID", isSiteToken],
      ["DOMAIN", isDomain],
    ]);
  const isSupplement = domain.startsWith("SUPP") || domain === "RELREC" || domain === "CO";
  if (isSupplement)
    return new Map([
      ["STUDYID", isSiteToken],
      ["RDOMAIN", isIdentifier],
      ["USUBJID", isIdentifier],
    ]);
  return new Map([
    ["STUDYID", isSiteToken],
    ["DOMAIN", isDomain],
    ["USUBJID", isIdentifier],
  ]);
}

/**
 * Checks every cell against its column, and the rows against each other.
 *
 * @throws SallyportError `packet.invalid` with up to 50 places.
 */
export function assertRows(domain: string, version: Dataset["standardVersion"], columns: readonly Column[], rows: readonly unknown[]): void {
  const faults = new DatasetFaults();
  const required = requiredOf(domain);
  for (const name of required.keys()) {
    const column = columns.find((one) => one.name === name);
    if (column === undefined) faults.add(`column ${name}`, "missing");
    else if (column.type !== "string") faults.add(`column ${name}`, "not of type string");
  }
  faults.throwIfAny();
  for (const [index, row] of rows.entries()) {
    if (faults.isFull) break;
    assertCells(`row ${index + 1}`, version, columns, required, row, faults);
  }
  faults.throwIfAny();
  const checked = rows as readonly (readonly unknown[])[];
  assertOneStudy(columns, checked, faults);
  assertKeys(columns, checked, faults);
  if (domain === "DM") assertUnique(columns, ["USUBJID"], checked, "the subject is named in an earlier row", faults);
  assertUnique(columns, ["ITEMGROUPDATASEQ"], checked, "the row's number was given to an earlier row", faults);
  faults.throwIfAny();
}

function assertCells(
  place: string,
  version: Dataset["standardVersion"],
  columns: readonly Column[],
  required: ReadonlyMap<string, Form>,
  row: unknown,
  faults: DatasetFaults,
): void {
  if (!Array.isArray(row) || row.length !== columns.length) {
    faults.add(place, "has not one value for each column");
    return;
  }
  for (const [index, column] of columns.entries()) {
    const value: unknown = row[index];
    const form = required.get(column.name);
    const fault = faultOf(value, column, version) ?? (form === undefined ? null : requiredFault(value, form));
    if (fault !== null) faults.add(`${place}, column ${column.name}`, fault);
  }
}

function requiredFault(value: unknown, form: Form): string | null {
  if (typeof value !== "string" || value === "") return "empty";
  return form(value) ? null : "not spelled as it must be";
}

function assertOneStudy(columns: readonly Column[], rows: readonly (readonly unknown[])[], faults: DatasetFaults): void {
  const at = columns.findIndex(({ name }) => name === "STUDYID");
  for (const [index, row] of rows.entries()) if (row[at] !== rows[0]?.[at]) faults.add(`row ${index + 1}, column STUDYID`, "another study than the first row's");
}

function assertKeys(columns: readonly Column[], rows: readonly (readonly unknown[])[], faults: DatasetFaults): void {
  const keys = columns.flatMap(({ name, key }) => (key === null ? [] : [{ name, key }])).sort((a, b) => a.key - b.key);
  if (keys.some(({ key }, index) => index > 0 && keys[index - 1]?.key === key)) faults.add("columns", "a key position is given twice");
  if (keys.length > 0)
    assertUnique(
      columns,
      keys.map(({ name }) => name),
      rows,
      "the key was given in an earlier row",
      faults,
    );
}

function assertUnique(columns: readonly Column[], names: readonly string[], rows: readonly (readonly unknown[])[], fault: string, faults: DatasetFaults): void {
  const places = names.map((name) => columns.findIndex((column) => column.name === name));
  if (places.includes(-1)) return;
  const seen = new Set<string>();
  for (const [index, row] of rows.entries()) {
    const key = JSON.stringify(places.map((at) => row[at]));
    if (seen.has(key)) faults.add(`row ${index + 1}`, fault);
    seen.add(key);
  }
}
