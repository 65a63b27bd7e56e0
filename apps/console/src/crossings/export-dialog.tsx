"use client";

import type { CrossingFilter } from "@sallyport/contracts";
import { useEffect, useRef, useState } from "react";
import { readWatch } from "../api/send.ts";
import { toFailure, WireFailure } from "../api/wire-failure.ts";
import { Button } from "../components/button.tsx";
import { Dialog, DialogBody, DialogFoot } from "../components/dialog.tsx";
import { Refusal } from "../components/refusal.tsx";
import { saveFile } from "../components/save-file.ts";
import { Segments } from "../components/segments.tsx";
import { type ExportEvent, ExportFile, type ExportFormat, exportName } from "./export-file.ts";
import { chipsOf } from "./filter-chips.ts";
import type { FilterQuery } from "./filter-query.ts";

interface ExportDialogProps {
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly query: FilterQuery;
  /** What the list was asked with: the export speaks of the same records. */
  readonly filter: CrossingFilter;
}

/** Writes exactly what the filter matches to a file. Closing it stops the export, and then there is no file. */
export function ExportDialog({ isOpen, onClose, ...props }: ExportDialogProps) {
  return (
    <Dialog title="Export crossings" isOpen={isOpen} onClose={onClose}>
      {isOpen && <Exporting {...props} onClose={onClose} />}
    </Dialog>
  );
}

const FORMATS: readonly ExportFormat[] = ["excerpt", "csv", "jsonl", "naming"];
const ABOUT: Readonly<Record<ExportFormat, string>> = {
  excerpt: "For an inspector: each record with the proof that the deployment signed it, checked by anybody at /verify or by `sallyport verify`.",
  csv: "For spreadsheets. Cells that one would take for a formula are neutralised. It proves nothing.",
  naming: "Another file: what the deployment has on record about this site (who was assigned to it, that it was closed or locked), each record with its proof.",
  jsonl: "The canonical lines as they stand on the trail, for another program. It proves nothing by itself.",
};

type Run =
  | { readonly phase: "choosing" }
  | { readonly phase: "running"; readonly done: number; readonly of: number }
  | { readonly phase: "saved"; readonly done: number; readonly name: string }
  | { readonly phase: "failed"; readonly failure: WireFailure };

function Exporting({ query, filter, onClose }: Omit<ExportDialogProps, "isOpen">) {
  const [format, setFormat] = useState<ExportFormat>("excerpt");
  const [run, setRun] = useState<Run>({ phase: "choosing" });
  const running = useRef<AbortController | null>(null);
  const { study, site } = filter;
  useEffect(() => () => running.current?.abort(), []);

  const start = () => {
    const mine = new AbortController();
    running.current = mine;
    const file = new ExportFile(format);
    let done = 0;
    setRun({ phase: "running", done: 0, of: 0 });
    const hear = (event: ExportEvent): void => {
      file.add(event);
      done = event.done;
      setRun({ phase: "running", done, of: event.of });
    };
    const ended =
      format === "naming"
        ? readWatch("crossings.naming", { study: study ?? "", site: site ?? "" }, hear, mine.signal)
        : readWatch("crossings.export", { filter, format }, hear, mine.signal);
    ended.then(
      () => {
        const whole = file.finish();
        if (whole === null) {
          setRun({ phase: "failed", failure: new WireFailure("connection.lost") });
          return;
        }
        const name = exportName(format, Date.now());
        saveFile(whole, name);
        setRun({ phase: "saved", done, name });
      },
      (error: unknown) => {
        if (!mine.signal.aborted) setRun({ phase: "failed", failure: toFailure(error) });
      },
    );
  };
  const chips = chipsOf(query);
  const isOneSite = study !== undefined && site !== undefined;

  return (
    <>
      <DialogBody>
        {format === "naming" ? (
          <p>
            Oldest first: the deployment&rsquo;s own records that name {study}/{site}.
          </p>
        ) : (
          <p>Oldest first, in the order of time: {chips.length === 0 ? "everything that you may read." : chips.map(({ text }) => text).join(" · ")}</p>
        )}
        {run.phase === "choosing" && (
          <>
            <Segments
              label="Format"
              value={format}
              onChange={(id) => setFormat(FORMATS.find((each) => each === id) ?? "excerpt")}
              options={[
                { id: "excerpt", text: "With proofs" },
                { id: "csv", text: "CSV" },
                { id: "jsonl", text: "JSONL" },
                ...(isOneSite ? [{ id: "naming", text: "About the site" }] : []),
              ]}
            />
            <p className="quiet">{ABOUT[format]}</p>
            <p className="quiet">The export is itself a crossing, and goes on record.</p>
          </>
        )}
        {run.phase === "running" && (
          <>
            <progress className="progress" aria-label="Exported" max={Math.max(1, run.of)} value={run.of === 0 ? undefined : run.done} />
            <output className="quiet">
              {run.done.toLocaleString("en-GB")} of {run.of.toLocaleString("en-GB")} records
            </output>
          </>
        )}
        {run.phase === "saved" && (
          <output>
            {run.done.toLocaleString("en-GB")} records are in <code>{run.name}</code>, in your downloads.
          </output>
        )}
        {run.phase === "failed" && (
          <>
            <Refusal failure={run.failure} isInline />
            <p className="quiet">No file was made: a part of an export would pass for the whole.</p>
          </>
        )}
      </DialogBody>
      <DialogFoot>
        <Button kind="quiet" onPress={onClose}>
          {run.phase === "running" ? "Cancel" : "Close"}
        </Button>
        {(run.phase === "choosing" || run.phase === "failed") && (
          <Button kind="primary" onPress={start}>
            {run.phase === "failed" ? "Try again" : "Export"}
          </Button>
        )}
      </DialogFoot>
    </>
  );
}
