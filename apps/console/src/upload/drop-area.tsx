"use client";

import { useState } from "react";
import { Icon } from "../components/icon.tsx";

interface DropAreaProps {
  readonly label: string;
  readonly hint: string;
  readonly onFiles: (files: readonly File[]) => void;
}

/** Where files are dropped; the button in it is the browser's own file chooser, which the keyboard reaches. */
export function DropArea({ label, hint, onFiles }: DropAreaProps) {
  const [isOver, setOver] = useState(false);
  return (
    <div
      className={`drop${isOver ? " drop-over" : ""}`}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        onFiles([...event.dataTransfer.files]);
      }}
    >
      <Icon name="upload" size={28} />
      <p className="drop-text">Drop files here, or</p>
      <FileButton label={label} onFiles={onFiles} isPrimary />
      <p className="quiet">{hint}</p>
    </div>
  );
}

const PACKET_FILES = ".json,.ndjson,.pdf,.xml,.zip,application/json,application/x-ndjson,application/pdf,application/xml,text/xml,application/zip";

interface FileButtonProps extends Pick<DropAreaProps, "label" | "onFiles"> {
  readonly isPrimary?: boolean;
  /** What the chooser offers, as HTML's `accept` has it; without it, what packets are made of. */
  readonly accept?: string;
}

/** A button that opens the browser's file chooser. */
export function FileButton({ label, onFiles, isPrimary = false, accept = PACKET_FILES }: FileButtonProps) {
  return (
    <label className={`button file-button${isPrimary ? " button-primary" : ""}`}>
      <input
        type="file"
        className="file-input"
        multiple
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
