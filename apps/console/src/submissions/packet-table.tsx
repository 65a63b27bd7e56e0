"use client";

import dynamic from "next/dynamic";
import { useState } from "react";
import type { OutputOf } from "../api/procedures.ts";
import { useChange } from "../api/use-change.ts";
import { useWatch } from "../api/use-watch.ts";
import { Button } from "../components/button.tsx";
import { Moment } from "../components/moment.tsx";
import { Refusal } from "../components/refusal.tsx";
import { Badge } from "../components/states.tsx";
import { type Column, Table } from "../components/table.tsx";
import { useTell } from "../frame/notices.tsx";
import { bytesText } from "../packets/packet-text.ts";
import { PACKET_TEXT, type SealedPacket, type Submission } from "./submission-text.ts";

const ManifestDialog = dynamic(async () => (await import("./manifest-dialog.tsx")).ManifestDialog, { ssr: false });
const RequestEgress = dynamic(async () => (await import("./request-egress.tsx")).RequestEgress, { ssr: false });
const DownloadPacket = dynamic(async () => (await import("./download-packet.tsx")).DownloadPacket, { ssr: false });

/** The packets of a sequence, each with the act that is next. */
export function PacketTable({ submission, packets }: { readonly submission: Submission; readonly packets: readonly SealedPacket[] }) {
  const tell = useTell();
  const [opened, setOpened] = useState<{ readonly act: "manifest" | "request" | "download"; readonly packet: SealedPacket } | null>(null);
  const seal = useChange("submissions.seal", {
    refreshes: ["submissions.get"],
    onDone: ({ length }) => tell({ tone: "done", text: `Sealed: ${bytesText(length)}. It leaves when somebody submits it.` }),
  });
  const [run, setRun] = useState<OutputOf<"submissions.sealing"> | null>(null);
  useWatch("submissions.sealing", { packetId: seal.variables?.packetId ?? "" }, setRun, { enabled: seal.isPending, isOnce: true });
  const submit = useChange("submissions.submit", { refreshes: ["submissions.get"], onDone: () => tell({ tone: "done", text: "Submitted, and on record." }) });
  const next = (packet: SealedPacket) => {
    const { packetId, state } = packet;
    if (state === "prepared" && submission.mayAssemble) return <Button onPress={() => setOpened({ act: "request", packet })}>Ask for its release</Button>;
    if (state === "released" && submission.mayAssemble) {
      return (
        <Button
          onPress={() => {
            setRun(null);
            seal.mutate({ packetId });
          }}
          isPending={seal.isPending && seal.variables.packetId === packetId}
        >
          Seal it
        </Button>
      );
    }
    if (state === "sealed" && submission.maySubmit) {
      return (
        <Button kind="primary" onPress={() => submit.mutate({ packetId })} isPending={submit.isPending && submit.variables.packetId === packetId}>
          Submit it
        </Button>
      );
    }
    return state === "submitted" && submission.mayDownload ? <Button onPress={() => setOpened({ act: "download", packet })}>Download</Button> : null;
  };
  const columns: readonly Column<SealedPacket>[] = [
    {
      key: "packet",
      title: "Packet",
      isHeader: true,
      cell: (packet) => (
        <>
          <button type="button" className="row-open" onClick={() => setOpened({ act: "manifest", packet })}>
            <code>{packet.packetId.slice(0, 12)}…</code>
          </button>
          <span className="row-under">for {packet.recipientName}</span>
        </>
      ),
    },
    {
      key: "state",
      title: "State",
      cell: ({ packetId, state, submittedAt, sealed }) => (
        <>
          <Badge tone={PACKET_TEXT[state].tone}>{PACKET_TEXT[state].text}</Badge>
          {seal.isPending && seal.variables.packetId === packetId && <Sealing run={run} />}
          {submittedAt !== null && (
            <span className="row-under">
              <Moment at={submittedAt} />
            </span>
          )}
          {submittedAt === null && sealed !== null && <span className="row-under">{bytesText(sealed.length)}</span>}
        </>
      ),
    },
    { key: "digest", title: "Manifest", isWide: true, cell: ({ digest }) => <code title={digest}>{digest.slice(0, 16)}…</code> },
    { key: "prepared", title: "Prepared", isWide: true, cell: ({ preparedAt }) => <Moment at={preparedAt} /> },
    { key: "act", title: "What is next", isAct: true, cell: next },
  ];
  const close = () => setOpened(null);
  return (
    <>
      {seal.isError && <Refusal failure={seal.error} isInline />}
      {submit.isError && <Refusal failure={submit.error} isInline />}
      <Table caption="Packets, newest first" rows={packets} keyOf={({ packetId }) => packetId} columns={columns} />
      {opened?.act === "manifest" && <ManifestDialog packetId={opened.packet.packetId} onClose={close} />}
      {opened?.act === "request" && <RequestEgress packet={opened.packet} onClose={close} />}
      {opened?.act === "download" && <DownloadPacket packet={opened.packet} onClose={close} />}
    </>
  );
}

/** How far a sealing is. Before its first chunk is kept, that it has begun. */
function Sealing({ run }: { readonly run: OutputOf<"submissions.sealing"> | null }) {
  const { kept, of } = run ?? { kept: null, of: 0 };
  return (
    <span className="row-under">
      <progress className="progress" aria-label="Sealed" max={Math.max(1, of)} value={kept ?? undefined} />
      {kept === null ? "Sealing has begun" : `${bytesText(kept)} of ${bytesText(of)} sealed`}
    </span>
  );
}
