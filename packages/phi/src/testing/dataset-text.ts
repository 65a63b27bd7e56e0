import type { FieldValue } from "../dataset.ts";

/** A dataset to be written down in one of the forms that a file may have. */
export interface Sample {
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly type: string; readonly key?: number }[];
  readonly rows: readonly (readonly FieldValue[])[];
}

export type Form = "1.0" | "1.1" | "1.1 in lines";

/** How a text is laid out: members from the last to the first where `isTurned`, this much white space in it, and non-ASCII escaped or not. */
export interface Layout {
  readonly isTurned: boolean;
  readonly indent: number;
  readonly isEscaped: boolean;
}

/** Writes a sample down; what is read of it must be the sample again. */
export function textOf(sample: Sample, form: Form, { isTurned, indent, isEscaped }: Layout): string {
  const write = (value: unknown, space: number): string => {
    const text = JSON.stringify(value, null, space);
    return isEscaped ? text.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`) : text;
  };
  const ordered = (members: Readonly<Record<string, unknown>>): unknown => Object.fromEntries(isTurned ? Object.entries(members).reverse() : Object.entries(members));
  const about = { records: sample.rows.length, name: sample.name, label: `label of ${sample.name}` };
  const column = ({ name, type, key }: Sample["columns"][number], oid: string, typed: string) =>
    ordered({ [oid]: `IT.${name}`, name, label: name, [typed]: type, ...(key === undefined ? {} : { keySequence: key }) });
  if (form === "1.0") {
    const items = [ordered({ OID: "ITEMGROUPDATASEQ", name: "ITEMGROUPDATASEQ", label: "n", type: "integer" }), ...sample.columns.map((one) => column(one, "OID", "type"))];
    const dataset = ordered({ ...about, items, itemData: sample.rows.map((row, at) => [at + 1, ...row]) });
    return write(ordered({ datasetJSONVersion: "1.0.0", clinicalData: ordered({ studyOID: "S", itemGroupData: { [sample.name]: dataset } }) }), indent);
  }
  const head = {
    datasetJSONCreationDateTime: "2031-05-01T00:00:00",
    datasetJSONVersion: "1.1.0",
    itemGroupOID: `IG.${sample.name}`,
    studyOID: "S",
    ...about,
    columns: sample.columns.map((one) => column(one, "itemOID", "dataType")),
  };
  if (form === "1.1") return write(ordered({ ...head, rows: sample.rows }), indent);
  return [ordered(head), ...sample.rows].map((line) => write(line, 0)).join(indent > 0 ? "\r\n" : "\n") + (isTurned ? "\n" : "");
}
