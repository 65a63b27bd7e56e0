"use client";

import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { Icon } from "../components/icon.tsx";
import { NARROW, useMedia } from "../media/use-media.ts";
import type { Matrix } from "./matrix.ts";
import { clampTo, type GridPlace, nextCell } from "./matrix-keys.ts";
import { type Act, actKey, type CellPlace, type Grant, grantText, type Role, standingOf } from "./policy-content.ts";
import { type CellMeasures, indicesWith, useCellsInSight } from "./use-cells-in-sight.ts";

const WIDE: CellMeasures = { row: 36, column: 64, head: 176, names: 272 };
const SLIM: CellMeasures = { row: 44, column: 56, head: 176, names: 148 };

/** A table whose cells the keyboard goes between. */
const GRID = { role: "grid" } as const;

/** What an edit did to a cell. */
export type CellMark = "added" | "removed" | "altered";

export interface MatrixGridProps {
  readonly matrix: Matrix;
  readonly fieldClasses: readonly string[];
  readonly onOpen: (place: CellPlace) => void;
  readonly markAt?: (place: CellPlace) => CellMark | null;
  /** Whether a cell is open over the grid; the keyboard comes back to it afterwards. */
  readonly isCovered: boolean;
}

/**
 * The matrix as a grid (ARIA): one of its cells can be tabbed to, arrows, Home, End and the page keys go from there, with Ctrl to the ends, and Enter
 * opens it. Only what is in sight is in the page, and the cell that the keyboard is at.
 */
export function MatrixGrid({ matrix: { roles, acts, grantAt }, fieldClasses, onOpen, markAt, isCovered }: MatrixGridProps) {
  const frame = useRef<HTMLDivElement>(null);
  const wantsFocus = useRef<GridPlace | null>(null);
  const [chosen, setChosen] = useState<GridPlace>({ row: 0, column: 0 });
  const measures = useMedia(NARROW) ? SLIM : WIDE;
  const { row: height, column: width, head, names } = measures;
  const size = { rows: acts.length, columns: roles.length };
  const active = clampTo(chosen, size);
  const { rows, columns, bring } = useCellsInSight(frame, size.rows, size.columns, measures);
  const shownRows = indicesWith(rows, active.row);
  const shownColumns = indicesWith(columns, active.column);

  // The cell that the keyboard went to takes the focus as soon as it is there.
  useEffect(() => {
    const to = wantsFocus.current;
    const cell = to === null ? null : frame.current?.querySelector<HTMLElement>(`[data-cell="${to.row} ${to.column}"]`);
    if (cell === null || cell === undefined) return;
    wantsFocus.current = null;
    cell.focus({ preventScroll: true });
  });

  const wasCovered = useRef(isCovered);
  useEffect(() => {
    if (wasCovered.current && !isCovered) frame.current?.querySelector<HTMLElement>('.matrix-cell[tabindex="0"]')?.focus({ preventScroll: true });
    wasCovered.current = isCovered;
  }, [isCovered]);

  const go = (to: GridPlace) => {
    wantsFocus.current = to;
    setChosen(to);
    bring(to);
  };
  const press = (event: KeyboardEvent, place: CellPlace) => {
    if (event.altKey || event.shiftKey) return;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      onOpen(place);
      return;
    }
    const screenful = Math.floor(((frame.current?.clientHeight ?? 400) - head) / height);
    const to = nextCell(event.key, event.ctrlKey || event.metaKey, active, { ...size, screenful });
    if (to === null) return;
    event.preventDefault();
    go(to);
  };

  const across = names + size.columns * width;
  return (
    <div ref={frame} className="matrix-frame">
      <table
        {...GRID}
        className="matrix"
        aria-label="Roles and what they may do"
        aria-rowcount={size.rows + 1}
        aria-colcount={size.columns + 1}
        style={{ width: `${across}px`, height: `${head + size.rows * height}px` }}
      >
        <thead className="matrix-head" style={{ width: `${across}px`, height: `${head}px` }}>
          <tr aria-rowindex={1} className="matrix-row" style={{ height: `${head}px`, width: `${across}px` }}>
            <th scope="col" aria-colindex={1} className="matrix-corner" style={{ width: `${names}px` }}>
              Act and thing
            </th>
            {shownColumns.map((index) => (
              <RoleHead key={roles[index]?.name} role={roles[index]} index={index} left={names + index * width} width={width} />
            ))}
          </tr>
        </thead>
        <tbody className="matrix-body">
          {shownRows.map((row) => {
            const act = acts[row];
            return (
              act !== undefined && (
                <tr
                  key={actKey(act)}
                  aria-rowindex={row + 2}
                  className="matrix-row matrix-act-row"
                  style={{ transform: `translateY(${row * height}px)`, height: `${height}px`, width: `${across}px` }}
                >
                  <th scope="row" aria-colindex={1} className="matrix-act" style={{ width: `${names}px` }}>
                    <ActName act={act} />
                  </th>
                  {shownColumns.map((column) => {
                    const role = roles[column];
                    if (role === undefined) return null;
                    const place = { role: role.name, ...act };
                    return (
                      <Cell
                        key={role.name}
                        place={place}
                        at={{ row, column }}
                        left={names + column * width}
                        width={width}
                        grant={grantAt(place)}
                        fieldClasses={fieldClasses}
                        mark={markAt?.(place) ?? null}
                        isActive={row === active.row && column === active.column}
                        onFocus={setChosen}
                        onOpen={onOpen}
                        onPress={press}
                      />
                    );
                  })}
                </tr>
              )
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function RoleHead({ role, index, left, width }: { readonly role: Role | undefined; readonly index: number; readonly left: number; readonly width: number }) {
  return (
    <th scope="col" aria-colindex={index + 2} className="matrix-role" style={{ left: `${left}px`, width: `${width}px` }} title={role?.description}>
      <span>{role?.name}</span>
    </th>
  );
}

function ActName({ act: { action, resource } }: { readonly act: Act }) {
  return (
    <>
      <code>{action}</code> <span className="matrix-thing">{resource}</span>
    </>
  );
}

interface CellProps extends Pick<MatrixGridProps, "fieldClasses" | "onOpen"> {
  readonly place: CellPlace;
  readonly at: GridPlace;
  readonly left: number;
  readonly width: number;
  readonly grant: Grant | undefined;
  readonly mark: CellMark | null;
  readonly isActive: boolean;
  readonly onFocus: (at: GridPlace) => void;
  readonly onPress: (event: KeyboardEvent, place: CellPlace) => void;
}

function Cell({ place, at, left, width, grant, fieldClasses, mark, isActive, onFocus, onOpen, onPress }: CellProps) {
  return (
    <td
      aria-colindex={at.column + 2}
      aria-label={`${place.role}, ${place.action} ${place.resource}: ${grantText(grant, fieldClasses)}${mark === null ? "" : `; ${mark} in the draft`}`}
      data-cell={`${at.row} ${at.column}`}
      data-place={`${place.role} ${place.action} ${place.resource}`}
      className={`matrix-cell${grant === undefined ? "" : " matrix-allowed"}${mark === null ? "" : ` matrix-${mark}`}`}
      style={{ left: `${left}px`, width: `${width}px` }}
      tabIndex={isActive ? 0 : -1}
      onClick={() => onOpen(place)}
      onFocus={() => onFocus(at)}
      onKeyDown={(event) => onPress(event, place)}
    >
      <GrantSign grant={grant} fieldClasses={fieldClasses} />
    </td>
  );
}

/** A cell at a glance: a tick, or a square for each class of fields – full is readable, half is masked, empty is hidden – and a key where it takes a passkey. */
export function GrantSign({ grant, fieldClasses }: { readonly grant: Grant | undefined; readonly fieldClasses: readonly string[] }) {
  if (grant === undefined) return <span className="matrix-none" aria-hidden="true" />;
  return (
    <span className="matrix-sign" aria-hidden="true">
      {grant.fields === undefined ? <Icon name="check" size={16} /> : fieldClasses.map((one) => <span key={one} className={`field-sign field-sign-${standingOf(grant, one)}`} />)}
      {grant.conditions !== undefined && <Icon name="key" size={12} />}
    </span>
  );
}
