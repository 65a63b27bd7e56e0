"use client";

import dynamic from "next/dynamic";
import { useState } from "react";
import { Button } from "../components/button.tsx";
import { EmptyState, Panel, Skeleton } from "../components/states.tsx";
import { bytesText, counted } from "../packets/packet-text.ts";
import { whyNot } from "./chosen-files.ts";
import { type ChosenFile, type DeclaredDocument, beginsAsDocument, declaredOf, isNamedDocument, whatIsMissing } from "./document-choice.ts";
import { DropArea } from "./drop-area.tsx";
import { useUploadStudies } from "./use-upload-studies.ts";

/** Nothing to draw before the first file is chosen. */
const ChosenTable = dynamic(async () => (await import("./chosen-table.tsx")).ChosenTable, { ssr: false, loading: () => <Skeleton lines={3} label="Listing the files" /> });

/** The study and the files of a new packet. Nothing is sent before it is begun. */
export function ChooseFiles({ onStart }: { readonly onStart: (study: string, files: readonly File[], documents: readonly (DeclaredDocument | null)[]) => void }) {
  const studies = useUploadStudies();
  const [chosen, setChosen] = useState<string | null>(null);
  const [files, setFiles] = useState<readonly ChosenFile[]>([]);
  const [isTried, setTried] = useState(false);
  if (studies === null) return <Skeleton lines={5} label="Loading your studies" />;
  const [only] = studies;
  if (only === undefined) return <EmptyState title="No study to bring anything in for">Your assignments name none. Ask a security administrator.</EmptyState>;
  const study = chosen ?? (studies.length === 1 ? only.study : null);
  const place = studies.find((each) => each.study === study) ?? null;
  const wrong = whyNot(files.map(({ file }) => file)) ?? whatIsMissing(files);
  const start = () => {
    setTried(true);
    if (study !== null && wrong === null)
      onStart(
        study,
        files.map(({ file }) => file),
        files.map(declaredOf),
      );
  };
  const add = (more: readonly File[]) => {
    setFiles((now) => [...now, ...more.map((file) => ({ file, isDocument: isNamedDocument(file), type: "" as const, site: "" }))]);
    for (const file of more) {
      const mark = (is: boolean) => setFiles((now) => now.map((each) => (each.file === file && is ? { ...each, isDocument: true } : each)));
      // One that can't be read now is told of when it is sent.
      void beginsAsDocument(file).then(mark, () => undefined);
    }
  };
  const change = (at: number, part: Partial<ChosenFile>) => setFiles((now) => now.map((each, index) => (index === at ? { ...each, ...part } : each)));
  return (
    <Panel id="choose-title" title="A new packet">
      <div className="form">
        <label className="field upload-study">
          <span className="field-label">Study</span>
          <select
            className="input"
            value={study ?? ""}
            onChange={({ currentTarget }) => {
              setChosen(currentTarget.value);
              // Another study has other sites.
              setFiles((now) => now.map((each) => ({ ...each, site: "" })));
            }}
            aria-describedby="study-error"
          >
            <option value="" disabled>
              Choose
            </option>
            {studies.map(({ study: id, title }) => (
              <option key={id} value={id}>
                {title === null ? id : `${id}: ${title}`}
              </option>
            ))}
          </select>
          <span id="study-error" className="field-error">
            {isTried && study === null && "Choose the study that the files are of."}
          </span>
        </label>
        <DropArea
          label={files.length === 0 ? "Choose files" : "Add files"}
          hint="Dataset-JSON, one domain a file; or documents: PDF, XML, zip. 1 to 20 files. Demographics (DM) may come with the others."
          onFiles={add}
        />
        {files.length > 0 && <ChosenTable files={files} place={place} onChange={change} onRemove={(at) => setFiles((now) => now.filter((_, index) => index !== at))} />}
        <div className="form-acts upload-acts">
          <output className={isTried && wrong !== null ? "field-error" : "quiet"}>
            {wrong === null ? `${counted(files.length, "file")}, ${bytesText(files.reduce((sum, { file }) => sum + file.size, 0))}` : isTried || files.length > 0 ? wrong : ""}
          </output>
          <Button kind="primary" onPress={start}>
            Send into quarantine
          </Button>
        </div>
      </div>
    </Panel>
  );
}
