"use client";

import Link from "next/link";
import { useState } from "react";
import { Button } from "../components/button.tsx";
import { Panel } from "../components/states.tsx";
import { Table } from "../components/table.tsx";
import { useMay } from "../frame/me.ts";
import { type Effect, fileText, type InspectedFile } from "./inspection-text.ts";

const SHOWN_FIRST = 25;

/** The records that would get a new version: whose, and which variables differ. Names alone, never a value. */
export function DifferencesPanel({ release: { differences, records }, files }: { readonly release: Effect; readonly files: readonly InspectedFile[] }) {
  const [isAll, setAll] = useState(false);
  const mayOpen = useMay("subject.read");
  const shown = isAll ? differences : differences.slice(0, SHOWN_FIRST);
  return (
    <Panel
      id="differences-title"
      title="What differs from what is stored"
      acts={
        <span className="quiet">
          {shown.length === records.updated ? "" : `${shown.length.toLocaleString("en-GB")} of `}
          {records.updated.toLocaleString("en-GB")}
        </span>
      }
    >
      <Table
        caption="Records that differ"
        rows={shown}
        keyOf={({ n, row }) => `${n}/${row}`}
        columns={[
          {
            key: "subject",
            title: "Subject",
            isHeader: true,
            cell: ({ subjectId, label, domain }) =>
              mayOpen ? <Link href={`/subjects/${subjectId}${domain === "DM" ? "" : `?domain=${domain}`}`}>{label}</Link> : <span className="packet-name">{label}</span>,
          },
          { key: "site", title: "Site", cell: ({ site }) => site },
          { key: "at", title: "In", cell: ({ n, row }) => `${fileText(files.find((file) => file.n === n) ?? { n, dataset: "?" })}, row ${row.toLocaleString("en-GB")}` },
          {
            key: "changed",
            title: "Differs in",
            cell: ({ changed }) => (
              <span className="changed">
                {changed.map((name) => (
                  <code key={name}>{name}</code>
                ))}
              </span>
            ),
          },
          { key: "version", title: "Becomes version", isNumber: true, cell: ({ version }) => version },
        ]}
      />
      {shown.length < differences.length && (
        <div className="form-acts">
          <Button onPress={() => setAll(true)}>Show all {differences.length}</Button>
        </div>
      )}
      {isAll && differences.length < records.updated && <p className="quiet">The first {differences.length} are listed; all of them are counted.</p>}
    </Panel>
  );
}
