import { isSiteToken } from "@sallyport/policy";
import type { FieldValue } from "./dataset.ts";
import { type DatasetFaults, refuse } from "./dataset-faults.ts";
import type { FileHead } from "./dataset-head.ts";
import { DigestSet } from "./digest-set.ts";
import { faultOf } from "./field-type.ts";
import { identityOf, parentDomain, sequenceOf } from "./record-identity.ts";

type Form = (text: string) => boolean;

const PRINTABLE = /^[\x21-\x7e]{1,64}$/;
/** An identifier has one spelling: its own normal form, without white space around it or control characters in it. */
export const isIdentifier: Form = (text) => PRINTABLE.test(text) || (text === text.normalize("NFC").trim() && text.length <= 64 && !/\p{Cc}/u.test(text));

/** What no dataset of a domain can be without, and how its texts must be. */
function requiredOf(domain: string): ReadonlyMap<string, Form> {
  const isDomain: Form = (text) => text === domain || text === parentDomain(domain);
  const own: readonly (readonly [string, Form])[] =
    domain === "DM"
      ? [
          ["DOMAIN", isDomain],
          ["SUBJID", isIdentifier],
          ["SITEID", isSiteToken],
        ]
      : [domain.startsWith("SUPP") || domain === "RELREC" ? ["RDOMAIN", isIdentifier] : ["DOMAIN", isDomain]];
  return new Map([["STUDYID", isSiteToken], ["USUBJID", isIdentifier], ...own]);
}

/** @throws SallyportError `packet.invalid` where a dataset's columns aren't those of subjects' records that can be told apart. */
export function assertColumns(head: FileHead): void {
  if (!head.columns.some(({ name }) => name === "USUBJID")) refuse("column USUBJID", "missing: only datasets about subjects are taken");
  for (const name of requiredOf(head.name).keys()) {
    const column = head.columns.find((one) => one.name === name);
    if (column === undefined) refuse(`column ${name}`, "missing");
    if (column.type !== "string") refuse(`column ${name}`, "not of type string");
  }
  identityOf(head);
}

/** Rows that must differ: in which cells, which rows were seen, and what is said of one that was there before. */
interface Distinct {
  readonly cells: readonly number[];
  /** The columns, as a place says them. */
  readonly column: string;
  readonly seen: DigestSet;
  readonly fault: string;
}

/** Checks the rows of one dataset, in their order: each cell against its column, and the rows against each other. */
export class RowChecks {
  readonly #head: FileHead;
  readonly #faults: DatasetFaults;
  readonly #cells: readonly (((value: unknown) => string | null) | undefined)[];
  readonly #distinct: readonly Distinct[];
  readonly #numbers = new DigestSet();
  /** What all rows have to have in common, and what the first one has. */
  readonly #common: { readonly at: number; readonly name: string; first: unknown }[];
  #rows = 0;

  constructor(head: FileHead, faults: DatasetFaults) {
    this.#head = head;
    this.#faults = faults;
    const required = requiredOf(head.name);
    const sequence = sequenceOf(head)?.name;
    this.#cells = head.columns.map((column) => {
      const form = required.get(column.name) ?? (column.name === sequence ? () => true : undefined);
      return form === undefined
        ? (value) => faultOf(value, column, head.standardVersion)
        : (value) =>
            faultOf(value, column, head.standardVersion) ??
            (value === null || value === "" ? "empty" : typeof value !== "string" || form(value) ? null : "not spelled as it must be");
    });
    this.#distinct = distinctOf(head);
    this.#common = ["STUDYID", "DOMAIN"].flatMap((name) => head.columns.flatMap((column, at) => (column.name === name ? [{ at, name, first: undefined }] : [])));
  }

  /** How many rows were taken. */
  get rows(): number {
    return this.#rows;
  }

  /** The next row's cells, without its number in the file; null where it is wrong, which the faults then say. */
  take(row: unknown): readonly FieldValue[] | null {
    this.#rows += 1;
    const { columns, isNumbered } = this.#head;
    if (!Array.isArray(row) || row.length !== columns.length + (isNumbered ? 1 : 0)) {
      this.#faults.add(`row ${this.#rows}`, "has not one value for each column");
      return null;
    }
    const cells = (isNumbered ? row.slice(1) : row) as readonly FieldValue[];
    let isRight = !isNumbered || this.#isNumber(row[0]);
    for (let at = 0; at < cells.length; at += 1) {
      const fault = this.#cells[at]?.(cells[at]) ?? null;
      if (fault === null) continue;
      this.#faults.add(`row ${this.#rows}, column ${columns[at]?.name ?? at}`, fault);
      isRight = false;
    }
    return isRight && this.#fits(cells) ? cells : null;
  }

  #isNumber(value: unknown): boolean {
    if (typeof value !== "number" || !Number.isSafeInteger(value)) return this.#wrong(", column ITEMGROUPDATASEQ", "not an integer");
    return this.#numbers.addNumber(value) || this.#wrong("", "the row's number was given to an earlier row");
  }

  /** Whether a row of right cells goes with the rows before it. */
  #fits(cells: readonly FieldValue[]): boolean {
    for (const common of this.#common) {
      common.first ??= cells[common.at];
      if (cells[common.at] !== common.first)
        return this.#wrong(`, column ${common.name}`, common.name === "STUDYID" ? "another study than the first row's" : "another domain than the first row's");
    }
    for (const { cells: places, column, seen, fault } of this.#distinct) if (!seen.add(JSON.stringify(places.map((at) => cells[at])))) return this.#wrong(column, fault);
    return true;
  }

  #wrong(column: string, fault: string): false {
    this.#faults.add(`row ${this.#rows}${column}`, fault);
    return false;
  }
}

/** Records must differ in what identifies them, and in the declared key; where one of these holds the other, the lesser is enough. */
function distinctOf(head: FileHead): readonly Distinct[] {
  const { name, columns } = head;
  const identity = new Set(["USUBJID", ...identityOf(head)]);
  const declared = new Set(columns.flatMap((column) => (column.key === null || column.name === "STUDYID" || column.name === "DOMAIN" ? [] : [column.name])));
  const within = (few: ReadonlySet<string>, many: ReadonlySet<string>): boolean => [...few].every((one) => many.has(one));
  const sameRecord = name === "DM" ? "the subject is named in an earlier row" : `the same ${[...identity].join(", ")} as in an earlier row`;
  const distinct = (names: ReadonlySet<string>, fault: string): Distinct => ({
    cells: [...names].map((one) => columns.findIndex((column) => column.name === one)),
    column: `, ${names.size === 1 ? "column" : "columns"} ${[...names].join(" ")}`,
    seen: new DigestSet(),
    fault,
  });
  const isDeclared = declared.size > 0;
  return [
    ...(isDeclared && within(declared, identity) && declared.size < identity.size ? [] : [distinct(identity, sameRecord)]),
    ...(!isDeclared || within(identity, declared) ? [] : [distinct(declared, "the key was given in an earlier row")]),
  ];
}
