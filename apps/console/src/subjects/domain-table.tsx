"use client";

import { useMemo } from "react";
import { WideFrame } from "../components/wide-frame.tsx";
import type { FieldGroup, NamedField } from "./field-groups.ts";
import { OpenValueCell } from "./open-value-cell.tsx";
import type { OpenValues } from "./open-values.ts";
import { HistoryButton } from "./record-history.tsx";
import { valueText } from "./value-text.ts";

interface DomainTableProps {
  readonly group: FieldGroup;
  readonly values: OpenValues;
  /** The value that takes the focus as it opens, by its key. */
  readonly focusOn: string | null;
  readonly mayReveal: boolean;
  /** The fields that are chosen to be opened together; null while nothing is being chosen. */
  readonly chosen: ReadonlySet<string> | null;
  readonly onToggle: (field: string) => void;
  /** `at` counts the record from 1, as the table does. */
  readonly onWant: (named: NamedField, at: number) => void;
}

/** The records of a domain, one a row. A masked value is a button that asks to open it; the table scrolls by itself. */
export function DomainTable({ group: { domain, title, records, masked }, chosen, onToggle, ...cells }: DomainTableProps) {
  const id = `domain-${domain}`;
  const variables = useMemo(() => [...new Map(records.flatMap(({ fields }) => fields.map((named) => [named.variable, named] as const))).values()], [records]);
  const isMasked = (variable: string) => records.some(({ fields }) => fields.some((named) => named.variable === variable && named.field.state === "masked"));
  return (
    <section className="panel" aria-labelledby={id}>
      <div className="panel-head">
        <h2 id={id} className="panel-title">
          {title} <span className="quiet">{domain}</span>
        </h2>
        {masked > 0 && <span className="quiet">{masked.toLocaleString("en-GB")} masked</span>}
      </div>
      <WideFrame label={`Records of ${domain}`}>
        <table className="wide-table">
          <caption className="visually-hidden">
            Records of {title}, {domain}
          </caption>
          <thead>
            <tr>
              <th scope="col">
                <span className="visually-hidden">Record</span>
              </th>
              {variables.map(({ variable, label, field }) => (
                <th key={variable} scope="col" title={label ?? undefined}>
                  {chosen !== null && isMasked(variable) ? (
                    <label className="check">
                      <input type="checkbox" checked={chosen.has(field.field)} onChange={() => onToggle(field.field)} />
                      <span className="visually-hidden">Choose </span>
                      {variable}
                    </label>
                  ) : (
                    variable
                  )}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {records.map(({ record, fields }, index) => (
              <tr key={record}>
                <th scope="row">
                  <HistoryButton of={{ domain, record, at: index + 1 }}>{index + 1}</HistoryButton>
                </th>
                {variables.map(({ variable }) => {
                  const named = fields.find((each) => each.variable === variable);
                  return <td key={variable}>{named !== undefined && <Cell named={named} at={index + 1} isChoosing={chosen !== null} {...cells} />}</td>;
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </WideFrame>
    </section>
  );
}

interface CellProps extends Pick<DomainTableProps, "values" | "focusOn" | "mayReveal" | "onWant"> {
  readonly named: NamedField;
  readonly at: number;
  readonly isChoosing: boolean;
}

function Cell({ named, at, isChoosing, values, focusOn, mayReveal, onWant }: CellProps) {
  const { key, field, variable } = named;
  if (field.state === "readable") return field.value === null || field.value === "" ? <span className="quiet">–</span> : <>{valueText(field.value)}</>;
  const open = values.at(key);
  if (open !== null) return <OpenValueCell open={open} takesFocus={focusOn === key} onCover={() => values.cover("asked", key)} />;
  const name = `${variable} of record ${at}`;
  if (isChoosing || !mayReveal) {
    return (
      <span className="mask">
        <span aria-hidden="true">••••••</span>
        <span className="visually-hidden">{name}: masked</span>
      </span>
    );
  }
  return (
    <button type="button" className="mask mask-button" aria-label={`Open ${name}`} onClick={() => onWant(named, at)}>
      ••••••
    </button>
  );
}
