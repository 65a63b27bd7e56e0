"use client";

import Link from "next/link";
import { useEffect, useRef, useState } from "react";
import { useCall } from "../api/use-call.ts";
import { Button } from "../components/button.tsx";
import { Refusal } from "../components/refusal.tsx";
import { Badge, EmptyState, Mask, Skeleton } from "../components/states.tsx";
import { useMay } from "../frame/me.ts";
import { fieldKey } from "./field-groups.ts";
import { momentText } from "../components/moment-text.ts";
import { changedFirst, changeText, type HistoryOf, recordName, type Version } from "./history-text.ts";
import { OpenValueCell } from "./open-value-cell.tsx";
import type { OpenValues } from "./open-values.ts";
import { RevealDialog, type Wanted } from "./reveal-dialog.tsx";
import { partsOf, variableLabel } from "./sdtm-names.ts";
import { valueText } from "./value-text.ts";

interface HistoryVersionsProps {
  readonly subjectId: string;
  readonly of: HistoryOf;
  readonly values: OpenValues;
}

/** The versions of one record, newest first: when and by whom each was released, and what it changed. Old values are masked as current ones are, and opened as they are. */
export function HistoryVersions({ subjectId, of, values }: HistoryVersionsProps) {
  const call = useCall("subjects.history", { subjectId, domain: of.domain, record: of.record }, { isSensitive: true });
  const [wanted, setWanted] = useState<Wanted | null>(null);
  const [focusOn, setFocusOn] = useState<string | null>(null);
  const opened = useRef(new Set<string>());
  // What was opened in the drawer is in sight in it alone.
  useEffect(() => {
    const keys = opened.current;
    return () => keys.forEach((key) => values.cover("left", key));
  }, [values]);

  if (call.isPending) return <Skeleton lines={9} label="Loading the history" />;
  if (call.isError) return <Refusal failure={call.error} onRetry={() => void call.refetch()} />;
  const { label, versions, total } = call.data;
  if (versions.length === 0) return <EmptyState title="No version of this record" />;
  return (
    <div className="history">
      <p className="quiet">
        {label} · {recordName(of)} · {total === 1 ? "one version" : `${total.toLocaleString("en-GB")} versions`}
        {versions.length < total && `, the newest ${versions.length} of which are here`}
      </p>
      {versions.map((version, index) => (
        <VersionPart
          key={version.version}
          version={version}
          isCurrent={index === 0}
          values={values}
          focusOn={focusOn}
          onWant={(field, title) => setWanted({ field, record: of.record, version: version.version, title: `${title}, version ${version.version}` })}
        />
      ))}
      <RevealDialog
        subjectId={subjectId}
        wanted={wanted}
        values={values}
        onClose={() => setWanted(null)}
        onOpened={(key) => {
          opened.current.add(key);
          setFocusOn(key);
        }}
      />
    </div>
  );
}

interface VersionPartProps {
  readonly version: Version;
  readonly isCurrent: boolean;
  readonly values: OpenValues;
  readonly focusOn: string | null;
  readonly onWant: (field: string, title: string) => void;
}

function VersionPart({ version, isCurrent, values, focusOn, onWant }: VersionPartProps) {
  const [mayReveal, mayTrail] = [useMay("phi.read"), useMay("trail.read")];
  const id = `version-${version.version}`;
  return (
    <section className="history-version" aria-labelledby={id}>
      <h3 id={id} className="part-title">
        Version {version.version} {isCurrent && <Badge tone="stands">current</Badge>}
      </h3>
      <p className="quiet">
        {momentText(version.at)}
        {version.releasedBy !== null && `, released by ${version.releasedByName ?? version.releasedBy}`}
        {mayTrail && version.requestId !== null && (
          <>
            {" · "}
            <Link href={`/crossings?request=${version.requestId}`}>the release's record</Link>
          </>
        )}
      </p>
      <p>{changeText(version)}</p>
      <details open={isCurrent}>
        <summary>{version.fields.length === 1 ? "One field" : `${version.fields.length.toLocaleString("en-GB")} fields`}</summary>
        <dl className="fields">
          {changedFirst(version).map((field) => {
            const [domain, variable] = partsOf(field.field);
            const name = variableLabel(domain, variable) ?? variable;
            const key = fieldKey({ field: field.field, record: field.record, version: version.version });
            const open = values.at(key);
            return (
              <div key={field.field} className="field-row">
                <dt>
                  {name}
                  {name !== variable && <code className="quiet">{variable}</code>}
                </dt>
                <dd>
                  {field.isChanged && <Badge tone="caution">changed</Badge>}{" "}
                  {field.state === "readable" ? (
                    valueText(field.value)
                  ) : open !== null ? (
                    <OpenValueCell open={open} takesFocus={focusOn === key} onCover={() => values.cover("asked", key)} />
                  ) : (
                    <span className="masked-value">
                      <Mask label={`${name}: masked`} />
                      {mayReveal && (
                        <Button kind="quiet" onPress={() => onWant(field.field, name)} aria-label={`Open ${name} of version ${version.version}`}>
                          Open
                        </Button>
                      )}
                    </span>
                  )}
                </dd>
              </div>
            );
          })}
        </dl>
      </details>
    </section>
  );
}
