/**
 * What makes a spreadsheet take a cell for a formula (OWASP, CSV Injection): `=`, `+`, `-` or `@`, also in full width, at the beginning of
 * a cell, behind white space, or behind what another programme may take for the end of one; and a tab or a line break at the beginning.
 */
const FORMULA = /(^|[,;|"'\t\r\n])(\s*)([=+\-@\uFF1D\uFF0B\uFF0D\uFF20])/gu;
const CONTROL_FIRST = /^[\t\r\n\0]/;

/** Makes one cell of a CSV file (RFC 4180 §2): quoted, and with an apostrophe before whatever could be taken for a formula. */
export function csvCell(value: string | number): string {
  const text = String(value);
  // A single hyphen stands for "none" in records, and is no formula.
  if (text === "-") return '"-"';
  const harmless = text.replace(FORMULA, "$1$2'$3");
  return `"${(CONTROL_FIRST.test(harmless) ? `'${harmless}` : harmless).replaceAll('"', '""')}"`;
}

export const csvLine = (values: readonly (string | number)[]): string => values.map(csvCell).join(",");
