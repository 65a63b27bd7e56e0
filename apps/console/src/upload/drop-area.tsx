"use client";

import { DropFrame } from "../components/drop-frame.tsx";

interface DropAreaProps {
  readonly label: string;
  readonly hint: string;
  readonly onFiles: (files: readonly File[]) => void;
}

/** Where files are dropped; the button in it is the browser's own file chooser, which the keyboard reaches. */
export function DropArea({ label, hint, onFiles }: DropAreaProps) {
  return (
    <DropFrame text="Drop files here, or" hint={hint} onDrop={({ files }) => onFiles([...files])}>
      <FileButton label={label} onFiles={onFiles} isPrimary />
    </DropFrame>
  );
}

const PACKET_FILES = ".json,.ndjson,.pdf,.xml,.zip,application/json,application/x-ndjson,application/pdf,application/xml,text/xml,application/zip";

interface FileButtonProps extends Pick<DropAreaProps, "label" | "onFiles"> {
  readonly isPrimary?: boolean;
  /** What the chooser offers, as HTML's `accept` has it; without it, what packets are made of. */
  readonly accept?: string;
  /** One file alone. */
  readonly isOne?: boolean;
}

/** A button that opens the browser's file chooser. */
export function FileButton({ label, onFiles, isPrimary = false, accept = PACKET_FILES, isOne = false }: FileButtonProps) {
  return (
    <label className={`button file-button${isPrimary ? " button-primary" : ""}`}>
      <input
        type="file"
        className="file-input"
        multiple={!isOne}
        accept={accept}
        onChange={({ currentTarget }) => {
          const files = [...(currentTarget.files ?? [])];
          // The same file can be chosen again, after it was taken out.
          currentTarget.value = "";
          if (files.length > 0) onFiles(files);
        }}
      />
      {label}
    </label>
  );
}
