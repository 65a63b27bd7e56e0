"use client";

import { useSearchParams } from "next/navigation";
import { type ReactNode, useDeferredValue, useMemo, useState } from "react";
import { EmptyState } from "../components/states.tsx";
import { matrixOf, readMatrixFilter, writeMatrixFilter } from "./matrix.ts";
import { MatrixBar } from "./matrix-bar.tsx";
import { type CellMark, MatrixGrid } from "./matrix-grid.tsx";
import { type CellPlace, cellIn, type CurrentPolicy, type PolicyContent } from "./policy-content.ts";

export interface MatrixViewProps {
  /** The page that the matrix is on: its address holds what is looked at. */
  readonly path: string;
  readonly content: PolicyContent;
  readonly axes: Pick<CurrentPolicy, "actions" | "resources" | "fieldClasses">;
  /** Rows that are shown whatever they hold. */
  readonly alsoActs?: ReadonlySet<string>;
  readonly markAt?: (place: CellPlace) => CellMark | null;
  /** What opens over the page for a cell. */
  readonly drawer: (place: CellPlace, isKnown: boolean, onClose: () => void) => ReactNode;
}

/** The matrix with its filter; the address is a link to what is looked at. */
export function MatrixView({ path, content, axes, alsoActs, markAt, drawer }: MatrixViewProps) {
  const params = useSearchParams();
  const [filter, setFilter] = useState(() => readMatrixFilter(new URLSearchParams(params.toString())));
  const looked = useDeferredValue(filter);
  const matrix = useMemo(() => matrixOf(content, axes, looked, alsoActs), [content, axes, looked, alsoActs]);
  const cell = cellIn(params.get("cell"));
  const goTo = (next: typeof filter, place: CellPlace | null): void => {
    const query = writeMatrixFilter(next, place);
    const from = params.get("from");
    if (from !== null) query.set("from", from);
    history.replaceState(null, "", query.size === 0 ? path : `${path}?${query.toString()}`);
  };
  return (
    <>
      <MatrixBar
        filter={filter}
        onFilter={(next) => {
          setFilter(next);
          goTo(next, null);
        }}
        fieldClasses={axes.fieldClasses}
        matrix={matrix}
      />
      {matrix.acts.length === 0 || matrix.roles.length === 0 ? (
        <EmptyState title="No role and right is like that">What no rule names is denied. Show the whole matrix to see those cells, too.</EmptyState>
      ) : (
        <MatrixGrid matrix={matrix} fieldClasses={axes.fieldClasses} onOpen={(place) => goTo(filter, place)} isCovered={cell !== null} {...(markAt !== undefined && { markAt })} />
      )}
      {cell !== null && drawer(cell, axes.actions.includes(cell.action) && axes.resources.includes(cell.resource), () => goTo(filter, null))}
    </>
  );
}
