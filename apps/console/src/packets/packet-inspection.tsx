"use client";

import { useState } from "react";
import type { OutputOf } from "../api/procedures.ts";
import { useCall } from "../api/use-call.ts";
import { Refusal } from "../components/refusal.tsx";
import { Segments } from "../components/segments.tsx";
import { Skeleton } from "../components/states.tsx";
import { DifferencesPanel } from "./differences-panel.tsx";
import { DocumentsPanel } from "./documents-panel.tsx";
import { EffectPanel } from "./effect-panel.tsx";
import { FilesPanel } from "./files-panel.tsx";
import { PreviewPanel } from "./preview-panel.tsx";
import { Separated } from "./separated.tsx";
import { VariablesPanel } from "./variables-panel.tsx";

interface PacketInspectionProps {
  readonly packet: OutputOf<"packets.get">;
  readonly onReleased: (released: OutputOf<"packets.release">) => void;
}

/** A packet in quarantine as its releaser sees it: masked, with what the checks say and what a release would do now. */
export function PacketInspection({ packet, onReleased }: PacketInspectionProps) {
  // Each look is a crossing on record and reads the whole packet: it isn't repeated by itself.
  const call = useCall("packets.inspect", { packetId: packet.packetId }, { isSensitive: true, isOnce: true });
  const [shown, setShown] = useState(1);
  if (call.isPending) return <Skeleton lines={10} label="Reading the packet" />;
  if (call.data === undefined) {
    if (call.error === null) return null;
    return call.error.code === "policy.separation" ? <Separated /> : <Refusal failure={call.error} onRetry={() => void call.refetch()} />;
  }
  const { files, documents, release } = call.data;
  const file = files.find(({ n }) => n === shown) ?? files[0];
  return (
    <div className="inspection">
      <EffectPanel packet={packet} inspection={call.data} onReleased={onReleased} onAgain={() => void call.refetch()} isLooking={call.isFetching} />
      <div className="inspection-parts">
        {files.length > 0 && <FilesPanel files={files} />}
        {documents.length > 0 && <DocumentsPanel documents={documents} />}
        {release.differences.length > 0 && <DifferencesPanel release={release} files={files} />}
        {file !== undefined && (
          <section className="stack" aria-label="Inside the files">
            {files.length > 1 && (
              <div>
                <Segments
                  label="File"
                  value={String(file.n)}
                  onChange={(n) => setShown(Number(n))}
                  options={files.map(({ n, dataset }) => ({ id: String(n), text: `${n} ${dataset}` }))}
                />
              </div>
            )}
            <PreviewPanel key={`preview-${file.n}`} file={file} />
            <VariablesPanel file={file} />
          </section>
        )}
      </div>
    </div>
  );
}
