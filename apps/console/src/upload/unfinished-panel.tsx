"use client";

import { useState } from "react";
import { useCall } from "../api/use-call.ts";
import { useChange } from "../api/use-change.ts";
import { Button } from "../components/button.tsx";
import { Moment } from "../components/moment.tsx";
import { Refusal } from "../components/refusal.tsx";
import { Panel } from "../components/states.tsx";
import { Table } from "../components/table.tsx";
import { useTell } from "../frame/notices.tsx";
import { bytesText } from "../packets/packet-text.ts";
import { matched, type Unfinished } from "./chosen-files.ts";
import { FileButton } from "./drop-area.tsx";

interface UnfinishedPanelProps {
  readonly onGoOn: (unfinished: Unfinished, files: readonly File[]) => void;
}

const sum = (files: Unfinished["files"], part: "bytes" | "received"): number => files.reduce((total, file) => total + file[part], 0);

/** The person's own uploads that were interrupted. The browser keeps nothing of them: the same files are chosen again. */
export function UnfinishedPanel({ onGoOn }: UnfinishedPanelProps) {
  const tell = useTell();
  const list = useCall("packets.unfinished", {});
  const [mismatch, setMismatch] = useState<string | null>(null);
  const abandon = useChange("packets.abandon", {
    refreshes: ["packets.unfinished", "packets.list"],
    onDone: () => tell({ tone: "done", text: "Given up. What had arrived is removed." }),
  });
  if (list.isError) return <Refusal failure={list.error} onRetry={() => void list.refetch()} />;
  if (list.data === undefined || list.data.items.length === 0) return null;
  const choose = (unfinished: Unfinished, chosen: readonly File[]) => {
    const files = matched(unfinished, chosen);
    setMismatch(files === null ? unfinished.packetId : null);
    if (files !== null) onGoOn(unfinished, files);
  };
  return (
    <Panel id="unfinished-title" title="Not finished yet">
      <p className="quiet upload-lead">To go on, choose the same files again: they are found by their sizes, and their content is compared at the end.</p>
      <Table
        caption="Your unfinished uploads"
        rows={list.data.items}
        keyOf={({ packetId }) => packetId}
        columns={[
          {
            key: "what",
            title: "Packet",
            isHeader: true,
            cell: ({ study, files }) => (
              <>
                {study}
                <span className="row-under">{files.map(({ bytes }) => bytesText(bytes)).join(" + ")}</span>
              </>
            ),
          },
          { key: "began", title: "Begun", cell: ({ beganAt }) => <Moment at={beganAt} /> },
          { key: "arrived", title: "Arrived", cell: ({ files }) => `${bytesText(sum(files, "received"))} of ${bytesText(sum(files, "bytes"))}` },
          { key: "until", title: "Kept until", isWide: true, cell: ({ expiresAt }) => <Moment at={expiresAt} /> },
          {
            key: "act",
            title: "Go on or give up",
            isAct: true,
            cell: (item) => (
              <span className="unfinished-acts">
                {mismatch === item.packetId && (
                  <span className="field-error" role="alert">
                    These aren't the same files: there are {item.files.length}, of {item.files.map(({ bytes }) => `${bytes.toLocaleString("en-GB")} bytes`).join(", ")}.
                  </span>
                )}
                <FileButton label="Choose its files" onFiles={(files) => choose(item, files)} />
                <Button kind="danger" isPending={abandon.isPending && abandon.variables.packetId === item.packetId} onPress={() => abandon.mutate({ packetId: item.packetId })}>
                  Give up
                </Button>
              </span>
            ),
          },
        ]}
      />
      {abandon.isError && <Refusal failure={abandon.error} isInline />}
    </Panel>
  );
}
