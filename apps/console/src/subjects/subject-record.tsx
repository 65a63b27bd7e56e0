"use client";

import dynamic from "next/dynamic";
import { type ReactNode, useState } from "react";
import type { OutputOf } from "../api/procedures.ts";
import type { WireFailure } from "../api/wire-failure.ts";
import { Button } from "../components/button.tsx";
import { Refusal } from "../components/refusal.tsx";
import { EmptyState, Mask, Skeleton } from "../components/states.tsx";
import { useMay } from "../frame/me.ts";
import { BulkPanel } from "./bulk-panel.tsx";
import { type FieldGroup, groupFields, type NamedField } from "./field-groups.ts";
import { OpenValueCell } from "./open-value-cell.tsx";
import type { OpenValues } from "./open-values.ts";
import { HistoryButton } from "./record-history.tsx";
import { RevealDialog, type Wanted } from "./reveal-dialog.tsx";
import { BINDING_DOMAINS } from "./sdtm-names.ts";
import { valueText } from "./value-text.ts";

/** For domains of many records: fetched when one is looked at. */
const DomainTable = dynamic(async () => (await import("./domain-table.tsx")).DomainTable, { ssr: false, loading: () => <Skeleton lines={8} label="Loading the records" /> });

interface SubjectRecordProps {
  readonly subject: OutputOf<"subjects.get">;
  readonly values: OpenValues;
  /** Where the domain goes on; null where all of it is here. */
  readonly more: More | null;
}

/** The next records of a domain, to be asked for. */
interface More {
  readonly isPending: boolean;
  readonly failure: WireFailure | null;
  readonly go: () => void;
}

/** One domain of a subject's fields: readable ones as they are, masked ones under masks of one length, hidden ones not at all. */
export function SubjectRecord({ subject, values, more }: SubjectRecordProps) {
  const [wanted, setWanted] = useState<Wanted | null>(null);
  const [focusOn, setFocusOn] = useState<string | null>(null);
  const [chosen, setChosen] = useState<ReadonlySet<string> | null>(null);
  const mayReveal = useMay("phi.read");
  const groups = groupFields(subject.fields);
  const masked = subject.fields.filter(({ state }) => state === "masked");

  const toggle = (field: string) =>
    setChosen((now) => {
      const next = new Set(now);
      if (!next.delete(field)) next.add(field);
      return next;
    });

  if (subject.fields.length === 0)
    return <EmptyState title="No field that you may know of">Your role reads nothing of this domain of the subject, and nothing in it waits to be opened.</EmptyState>;
  const want = (named: NamedField, title: string) => setWanted({ field: named.field.field, record: named.field.record, title });
  return (
    <>
      {masked.length > 0 && <BulkPanel subject={subject} values={values} chosen={chosen} onChosen={setChosen} onOpened={setFocusOn} />}
      {groups.map((group) =>
        isTable(group) ? (
          <DomainTable
            key={group.domain}
            group={group}
            values={values}
            focusOn={focusOn}
            mayReveal={mayReveal}
            chosen={chosen}
            onToggle={toggle}
            onWant={(named, at) => want(named, `${named.label ?? named.variable}, record ${at}`)}
          />
        ) : (
          <Group
            key={group.domain}
            group={group}
            cellOf={(named) => (
              <ValueCell
                named={named}
                values={values}
                takesFocus={focusOn === named.key}
                mayReveal={mayReveal}
                chosen={chosen}
                onToggle={toggle}
                onWant={() => want(named, named.label ?? named.variable)}
              />
            )}
          />
        ),
      )}
      {more !== null && (
        <div>
          {more.failure !== null && <Refusal failure={more.failure} onRetry={more.go} isInline />}
          <Button onPress={more.go} isPending={more.isPending}>
            Show more records
          </Button>
        </div>
      )}
      <RevealDialog subjectId={subject.subjectId} wanted={wanted} values={values} onClose={() => setWanted(null)} onOpened={setFocusOn} />
    </>
  );
}

/** A domain with one record a subject is read field by field; any other is a table of its records. */
const isTable = ({ domain, records }: FieldGroup): boolean => !BINDING_DOMAINS.has(domain) || records.length > 1;

function Group({ group: { domain, title, records, masked }, cellOf }: { readonly group: FieldGroup; readonly cellOf: (named: NamedField) => ReactNode }) {
  const id = `domain-${domain}`;
  const [only] = records.length === 1 ? records : [];
  return (
    <section className="panel" aria-labelledby={id}>
      <div className="panel-head">
        <h2 id={id} className="panel-title">
          {title} <span className="quiet">{domain}</span>
        </h2>
        <span className="panel-head-end">
          {masked > 0 && <span className="quiet">{masked} masked</span>}
          {only !== undefined && <HistoryButton of={{ domain, record: only.record }} />}
        </span>
      </div>
      {records.map(({ record, fields }) => (
        <div key={record}>
          <dl className="fields">
            {fields.map((named) => (
              <div key={named.key} className="field-row">
                <dt>
                  {named.label ?? named.variable}
                  {named.label !== null && <code className="quiet">{named.variable}</code>}
                </dt>
                <dd>{cellOf(named)}</dd>
              </div>
            ))}
          </dl>
        </div>
      ))}
    </section>
  );
}

interface ValueCellProps {
  readonly named: NamedField;
  readonly values: OpenValues;
  readonly takesFocus: boolean;
  readonly mayReveal: boolean;
  readonly chosen: ReadonlySet<string> | null;
  readonly onToggle: (field: string) => void;
  readonly onWant: () => void;
}

function ValueCell({ named: { key, field, label, variable }, values, takesFocus, mayReveal, chosen, onToggle, onWant }: ValueCellProps) {
  if (field.state === "readable") return field.value === null ? <span className="quiet">{valueText(field.value)}</span> : <>{valueText(field.value)}</>;
  const name = label ?? variable;
  const open = values.at(key);
  if (open !== null) return <OpenValueCell open={open} takesFocus={takesFocus} onCover={() => values.cover("asked", key)} />;
  return (
    <span className="masked-value">
      {chosen !== null && (
        <label className="check">
          <input type="checkbox" checked={chosen.has(field.field)} onChange={() => onToggle(field.field)} />
          <span className="visually-hidden">Choose {name}</span>
        </label>
      )}
      <Mask label={`${name}: masked`} />
      {chosen === null && mayReveal && (
        <Button kind="quiet" onPress={onWant} aria-label={`Open ${name}`}>
          Open
        </Button>
      )}
    </span>
  );
}
