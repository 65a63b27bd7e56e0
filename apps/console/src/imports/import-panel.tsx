"use client";

import { useState } from "react";
import type { OutputOf } from "../api/procedures.ts";
import { useChange } from "../api/use-change.ts";
import { Button } from "../components/button.tsx";
import { Field } from "../components/field.tsx";
import { Refusal } from "../components/refusal.tsx";
import { Panel } from "../components/states.tsx";
import { FileButton } from "../upload/drop-area.tsx";
import { IMPORTS, type ImportKind, type Preview } from "./import-text.ts";
import { ImportPreview } from "./import-preview.tsx";
import { AskForPeople } from "./ask-for-people.tsx";
import { RunImport } from "./run-import.tsx";

const CSV_MAX = 200_000;
const CSV_FILES = ".csv,text/csv";

const isOfPeople = (preview: Preview): preview is OutputOf<"people.previewImport"> => "invitations" in preview;

/** Reading a file, what is wrong with it or what it would do, and then doing it. Another text has to be looked at anew. */
export function ImportPanel({ of }: { readonly of: ImportKind }) {
  const { previews, columns, example, lead } = IMPORTS[of];
  const [csv, setCsv] = useState("");
  const [isTooLong, setTooLong] = useState(false);
  const check = useChange(previews);
  const checked = check.data !== undefined && check.variables?.csv === csv ? check.data : null;
  const take = (text: string) => {
    setTooLong(text.length > CSV_MAX);
    if (text.length <= CSV_MAX) setCsv(text);
  };
  return (
    <div className="stack">
      <Panel id="file-title" title="The file">
        <div className="form">
          <p>{lead}</p>
          <p className="quiet">
            CSV with a header line: {columns}. <code>*</code> stands for all sites of a study, or for everything. Times are UTC, as in <code>2027-06-30T16:00:00.000Z</code>.
          </p>
          <Field
            label="CSV"
            value={csv}
            onChange={setCsv}
            rows={8}
            maxLength={CSV_MAX}
            isCode
            error={isTooLong ? "The file is too long: at most 200,000 characters." : null}
            hint="Paste it, or take it from a file. Nothing is done before you have seen what it would do."
          />
          <div className="form-acts">
            <Button onPress={() => setCsv(example)}>Begin with an example</Button>
            <FileButton label="Take it from a file" accept={CSV_FILES} onFiles={([file]) => void file?.text().then(take)} />
            <Button kind="primary" isDisabled={csv.trim() === ""} isPending={check.isPending} onPress={() => check.mutate({ csv })}>
              Check the file
            </Button>
          </div>
          {check.isError && <Refusal failure={check.error} isInline />}
        </div>
      </Panel>
      {checked !== null && <ImportPreview preview={checked} />}
      {checked !== null && checked.faults.length === 0 && of !== "people" && <RunImport key={csv} of={of} csv={csv} lines={checked.lines} />}
      {checked !== null && checked.faults.length === 0 && isOfPeople(checked) && <AskForPeople key={csv} people={checked.invitations} />}
    </div>
  );
}
