"use client";

import { type ReactNode, type Ref, useRef } from "react";
import { type Part, useRowsInPage } from "./rows-in-page.ts";

/** So many rows are drawn at once, wherever they are. */
const DRAWN_WHOLE = 60;

export interface Column<Row> {
  readonly key: string;
  readonly title: string;
  readonly cell: (row: Row) => ReactNode;
  /** The cell that names its row; one column at most. */
  readonly isHeader?: boolean;
  readonly isNumber?: boolean;
  /** Holds what can be done with its row. */
  readonly isAct?: boolean;
  /** Left out on a narrow screen, where each row is a card: what can be missed. */
  readonly isWide?: boolean;
}

export interface TableProps<Row> {
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
}

/**
 * The look of every table: dense, a head that stays, numbers aligned. On a narrow screen a row is a card, with the column's title before
 * each value. `caption` is said to screen readers alone. A table that may be long draws the rows that are near the screen, and keeps the room
 * of the others.
 */
export function Table<Row>({ isLong = false, ...props }: TableProps<Row> & { readonly isLong?: boolean }) {
  return isLong && props.rows.length > DRAWN_WHOLE ? <LongTable {...props} /> : <Framed {...props} part={null} />;
}

function LongTable<Row>(props: TableProps<Row>) {
  const body = useRef<HTMLTableSectionElement>(null);
  const part = useRowsInPage(body, props.rows.length);
  return <Framed {...props} body={body} part={part} />;
}

interface FramedProps<Row> extends TableProps<Row> {
  readonly body?: Ref<HTMLTableSectionElement>;
  readonly part: Part | null;
}

function Framed<Row>({ caption, columns, rows, keyOf, body, part }: FramedProps<Row>) {
  const drawn = part === null ? rows : rows.slice(part.first, part.end);
  return (
    <div className="table-frame">
      <table className="table" {...(part !== null && { "aria-rowcount": rows.length + 1 })}>
        <caption className="visually-hidden">{caption}</caption>
        <thead>
          <tr {...(part !== null && { "aria-rowindex": 1 })}>
            {columns.map(({ key, title, isNumber, isAct }) => (
              <th key={key} scope="col" className={isNumber === true ? "is-number" : undefined}>
                {isAct === true ? <span className="visually-hidden">{title}</span> : title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody {...(body !== undefined && { ref: body })}>
          {part !== null && <Room height={part.above} />}
          {drawn.map((row, at) => (
            <tr key={keyOf(row)} {...(part !== null && { "aria-rowindex": part.first + at + 2, "data-row": part.first + at })}>
              {columns.map((column) => (
                <Cell key={column.key} column={column} row={row} />
              ))}
            </tr>
          ))}
          {part !== null && <Room height={part.below} />}
        </tbody>
      </table>
    </div>
  );
}

/** The room of rows that aren't drawn. */
function Room({ height }: { readonly height: number }) {
  return height > 0 ? <tr className="table-room" aria-hidden="true" style={{ height: `${height}px` }} /> : null;
}

function Cell<Row>({ column: { title, cell, isHeader, isNumber, isAct, isWide }, row }: { readonly column: Column<Row>; readonly row: Row }) {
  const content = cell(row);
  const look = [isNumber === true && "is-number", isAct === true && "is-act", isWide === true && "is-wide"].filter(Boolean).join(" ");
  return isHeader === true ? (
    <th scope="row" data-title={title} className={look}>
      <div>{content}</div>
    </th>
  ) : (
    <td data-title={isAct === true ? "" : title} className={look}>
      {content === null ? null : <div>{content}</div>}
    </td>
  );
}
