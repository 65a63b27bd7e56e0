import type { Column, Dataset } from "./dataset.ts";

const YEAR = "(\\d{4}|-)";
const MONTH = "(0[1-9]|1[0-2]|-)";
const DAY = "(0[1-9]|[12]\\d|3[01]|-)";
const CLOCK = "([01]\\d|2[0-3]|-)(:([0-5]\\d|-)(:([0-5]\\d)(\\.\\d+)?)?)?(Z|[+-]([01]\\d|2[0-3]):[0-5]\\d)?";
/** ISO 8601 as SDTM takes it: cut short from the right, or a hyphen for a part that isn't known. */
const DATE = new RegExp(`^${YEAR}(-${MONTH}(-${DAY})?)?$`);
const DATETIME = new RegExp(`^${YEAR}(-${MONTH}(-${DAY}(T${CLOCK})?)?)?$`);
const TIME = new RegExp(`^T?${CLOCK}$`);
const DECIMAL = /^-?\d{1,40}(\.\d{1,40})?$/;

/** Why a value isn't one of its column's type, or null if it is one. Null stands for "not given" in every type. The sentence holds no value. */
export function faultOf(value: unknown, { type, length }: Column, version: Dataset["standardVersion"]): string | null {
  if (value === null) return null;
  switch (type) {
    case "string":
    case "URI":
      return typeof value === "string" ? lengthFault(value, length) : "not a text";
    case "integer":
      return Number.isSafeInteger(value) ? null : "not an integer";
    case "float":
    case "double":
      return isNumber(value) ? null : "not a number";
    case "decimal":
      return isDecimal(value, version) ? null : "not a decimal number";
    case "boolean":
      return typeof value === "boolean" ? null : "not true or false";
    case "date":
      return isDate(value, DATE) ? null : "not a date";
    case "datetime":
      return isDate(value, DATETIME) ? null : "not a date and time";
    case "time":
      return isDate(value, TIME) ? null : "not a time";
    default:
      return "of no known type";
  }
}

function lengthFault(text: string, length: number | null): string | null {
  if (length === null || text.length <= length) return null;
  return Array.from(text).length <= length ? null : "longer than the column allows";
}

const isNumber = (value: unknown): boolean => typeof value === "number" && Number.isFinite(value);
/** Version 1.1 carries decimals as texts, because a JSON number would be rounded. */
const isDecimal = (value: unknown, version: Dataset["standardVersion"]): boolean => (typeof value === "string" ? DECIMAL.test(value) : version === "1.0" && isNumber(value));
const isDate = (value: unknown, form: RegExp): boolean => typeof value === "string" && (value === "" || form.test(value));
