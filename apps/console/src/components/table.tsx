import type { ReactNode } from "react";

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

/**
 * The look of every table: dense, a head that stays, numbers aligned. On a narrow screen a row is a card, with the column's title before
 * each value. `caption` is said to screen readers alone. For very long lists, render rows of the same classes inside a virtual window.
 */
export function Table<Row>({
  caption,
  columns,
  rows,
  keyOf,
}: {
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
}) {
  return (
    <div className="table-frame">
      <table className="table">
        <caption className="visually-hidden">{caption}</caption>
        <thead>
          <tr>
            {columns.map(({ key, title, isNumber, isAct }) => (
              <th key={key} scope="col" className={isNumber === true ? "is-number" : undefined}>
                {isAct === true ? <span className="visually-hidden">{title}</span> : title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map(({ key, title, cell, isHeader, isNumber, isAct, isWide }) => {
                const content = cell(row);
                const look = [isNumber === true && "is-number", isAct === true && "is-act", isWide === true && "is-wide"].filter(Boolean).join(" ");
                return isHeader === true ? (
                  <th key={key} scope="row" data-title={title} className={look}>
                    <div>{content}</div>
                  </th>
                ) : (
                  <td key={key} data-title={isAct === true ? "" : title} className={look}>
                    {content === null ? null : <div>{content}</div>}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
