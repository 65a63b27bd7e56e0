/** A place in a grid, both from 0. */
export interface GridPlace {
  readonly row: number;
  readonly column: number;
}

export interface GridSize {
  readonly rows: number;
  readonly columns: number;
  /** Rows that a page of it has. */
  readonly screenful: number;
}

/** Nearest place that there is. */
export const clampTo = ({ row, column }: GridPlace, { rows, columns }: Omit<GridSize, "screenful">): GridPlace => ({
  row: Math.min(Math.max(row, 0), Math.max(rows - 1, 0)),
  column: Math.min(Math.max(column, 0), Math.max(columns - 1, 0)),
});

/** Where a key goes from a cell of a grid (WAI-ARIA Authoring Practices, Grid pattern); null for a key that isn't the grid's. `isFar`: with Ctrl or Cmd held. */
export function nextCell(key: string, isFar: boolean, { row, column }: GridPlace, size: GridSize): GridPlace | null {
  const [lastRow, lastColumn] = [size.rows - 1, size.columns - 1];
  const page = Math.max(1, size.screenful - 1);
  const moves: Readonly<Record<string, GridPlace>> = {
    ArrowDown: { row: isFar ? lastRow : row + 1, column },
    ArrowUp: { row: isFar ? 0 : row - 1, column },
    ArrowRight: { row, column: isFar ? lastColumn : column + 1 },
    ArrowLeft: { row, column: isFar ? 0 : column - 1 },
    PageDown: { row: row + page, column },
    PageUp: { row: row - page, column },
    Home: { row: isFar ? 0 : row, column: 0 },
    End: { row: isFar ? lastRow : row, column: lastColumn },
  };
  const to = Object.hasOwn(moves, key) ? moves[key] : undefined;
  return to === undefined ? null : clampTo(to, size);
}
