"use client";

import { useState } from "react";
import { DropFrame } from "../components/drop-frame.tsx";
import { chosenByDrop, chosenByInput, type ChosenFile } from "./chosen-bundles.ts";

/** Where an export's folder, or the file of an excerpt, a receipt or a proof, is dropped, or chosen by the browser's own chooser. */
export function ChooseFolder({ onChosen }: { readonly onChosen: (files: readonly ChosenFile[]) => void }) {
  const [isUnreadable, setUnreadable] = useState(false);
  return (
    <DropFrame
      text="Drop the export's folder or file here, or"
      hint="It is read here, in your browser. Nothing of it is sent anywhere, and nothing is kept."
      onDrop={(dropped) => void chosenByDrop(dropped).then(onChosen, () => setUnreadable(true))}
    >
      {isUnreadable && (
        <p role="alert" className="field-error">
          The browser can't read what was dropped, and nothing was checked. Choose the folder by the button.
        </p>
      )}
      <label className="button file-button button-primary">
        <input
          type="file"
          className="file-input"
          multiple
          // React's types don't know the attribute; every browser does.
          {...{ webkitdirectory: "" }}
          onChange={({ currentTarget }) => {
            const files = chosenByInput(currentTarget.files ?? []);
            // The same folder can be chosen again, after it was mended.
            currentTarget.value = "";
            if (files.length > 0) onChosen(files);
          }}
        />
        Choose the folder
      </label>
      <label className="button file-button">
        <input
          type="file"
          className="file-input"
          multiple
          accept=".jsonl,.json,.tlog-proof"
          onChange={({ currentTarget }) => {
            const files = chosenByInput(currentTarget.files ?? []);
            currentTarget.value = "";
            if (files.length > 0) onChosen(files);
          }}
        />
        Choose an excerpt, a receipt or a proof
      </label>
    </DropFrame>
  );
}
