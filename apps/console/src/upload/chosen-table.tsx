"use client";

import { Button } from "../components/button.tsx";
import { Table } from "../components/table.tsx";
import { bytesText } from "../packets/packet-text.ts";
import type { ChosenFile } from "./document-choice.ts";
import { DocumentFields } from "./document-fields.tsx";
import type { UploadStudy } from "./use-upload-studies.ts";

interface ChosenTableProps {
  readonly files: readonly ChosenFile[];
  /** The study that they are for; null until one is chosen. */
  readonly place: UploadStudy | null;
  readonly onChange: (at: number, part: Partial<ChosenFile>) => void;
  readonly onRemove: (at: number) => void;
}

/** The files of a packet that isn't sent yet: what each is said to be, and a way to take it out. */
export function ChosenTable({ files, place, onChange, onRemove }: ChosenTableProps) {
  return (
    <Table
      caption="Files of the packet"
      rows={files.map((chosen, at) => ({ chosen, file: chosen.file, at }))}
      keyOf={({ at }) => String(at)}
      columns={[
        { key: "n", title: "File", isHeader: true, cell: ({ file, at }) => `${at + 1}  ${file.name}` },
        {
          key: "kind",
          title: "What it is",
          cell: ({ chosen, at }) => (chosen.isDocument ? <DocumentFields n={at + 1} chosen={chosen} place={place} onChange={(part) => onChange(at, part)} /> : "dataset"),
        },
        { key: "size", title: "Size", isNumber: true, cell: ({ file }) => bytesText(file.size) },
        {
          key: "act",
          title: "Take out",
          isAct: true,
          cell: ({ file, at }) => (
            <Button kind="quiet" aria-label={`Take out ${file.name}`} onPress={() => onRemove(at)}>
              Take out
            </Button>
          ),
        },
      ]}
    />
  );
}
