"use client";

import dynamic from "next/dynamic";
import Link from "next/link";
import { useState } from "react";
import { useCall } from "../api/use-call.ts";
import { useChange } from "../api/use-change.ts";
import { Button } from "../components/button.tsx";
import { Moment } from "../components/moment.tsx";
import { Refusal } from "../components/refusal.tsx";
import { Badge, EmptyState, PageHead, Panel, Skeleton } from "../components/states.tsx";
import { type Column, Table } from "../components/table.tsx";
import { bytesText } from "../packets/packet-text.ts";
import { PacketTable } from "./packet-table.tsx";
import { type Finding, FINDING_TEXT, type Sequence, type SequenceFile, type Submission } from "./submission-text.ts";

const SequenceBuilder = dynamic(async () => (await import("./sequence-builder.tsx")).SequenceBuilder, { ssr: false });
const PreparePacket = dynamic(async () => (await import("./prepare-packet.tsx")).PreparePacket, { ssr: false });

/** One submission: its sequences, what stands in each, what is to be said of that, and its packets. */
export function SubmissionPage({ id }: { readonly id: string }) {
  const call = useCall("submissions.get", { submissionId: id });
  const add = useChange("submissions.addSequence", { refreshes: ["submissions.get", "submissions.list"] });
  const { data } = call;
  return (
    <div className="stack">
      <PageHead title="Submission">
        <Link href="/submissions">All submissions</Link>
        {data?.mayAssemble === true && (
          <Button onPress={() => add.mutate({ submissionId: id })} isPending={add.isPending}>
            Add the next sequence
          </Button>
        )}
      </PageHead>
      {call.isPending && (
        <div className="panel">
          <Skeleton lines={8} label="Loading the submission" />
        </div>
      )}
      {data === undefined && call.error !== null && <Refusal failure={call.error} onRetry={() => void call.refetch()} />}
      {add.isError && <Refusal failure={add.error} isInline />}
      {data !== undefined && (
        <>
          <section className="panel" aria-label="The submission">
            <h2 className="panel-title">{data.title}</h2>
            <dl className="pairs pairs-plain">
              <dt>Study</dt>
              <dd>{data.study}</dd>
              <dt>Begun</dt>
              <dd>
                <Moment at={data.createdAt} />
              </dd>
            </dl>
            {data.sequences.length === 0 && <EmptyState title="No sequence yet">The first one is 0000. Documents stand at the paths of its eCTD tree.</EmptyState>}
          </section>
          {data.sequences.toReversed().map((sequence) => (
            <SequencePanel key={sequence.sequence} submission={data} sequence={sequence} />
          ))}
        </>
      )}
    </div>
  );
}

function SequencePanel({ submission, sequence }: { readonly submission: Submission; readonly sequence: Sequence }) {
  const [act, setAct] = useState<"build" | "prepare" | null>(null);
  const { files, findings, packets, isOpen } = sequence;
  const stops = findings.filter((each) => each.stops);
  const close = () => setAct(null);
  return (
    <Panel
      id={`sequence-${sequence.sequence}`}
      title={`Sequence ${sequence.sequence}`}
      acts={
        submission.mayAssemble && (
          <div className="form-acts">
            {isOpen && <Button onPress={() => setAct("build")}>{files.length === 0 ? "Put documents into it" : "Change what stands in it"}</Button>}
            {files.length > 0 && stops.length === 0 && <Button onPress={() => setAct("prepare")}>Prepare a packet</Button>}
          </div>
        )
      }
    >
      {files.length === 0 ? (
        <EmptyState title="Nothing stands in it">Documents that were released go in, each at its path. The backbone is made when a packet is prepared.</EmptyState>
      ) : (
        <>
          <p className="sequence-state">
            {stops.length > 0 && <Badge tone="shut">can&apos;t leave as it stands</Badge>} {stops.length === 0 && isOpen && <Badge tone="stands">ready</Badge>}{" "}
            {!isOpen && <Badge>released: it stays as it is</Badge>}
          </p>
          <Table caption={`Files of sequence ${sequence.sequence}`} isLong rows={files} keyOf={({ path }) => path} columns={columnsOf(findings)} />
        </>
      )}
      <h3 className="part-title sequence-packets">Packets</h3>
      {packets.length === 0 ? (
        <p className="quiet">None yet. A packet is what leaves: this sequence, with its backbone and the receipts of its signatures, sealed to one recipient.</p>
      ) : (
        <PacketTable submission={submission} packets={packets} />
      )}
      {act === "build" && <SequenceBuilder submission={submission} sequence={sequence} onClose={close} />}
      {act === "prepare" && <PreparePacket submissionId={submission.submissionId} sequence={sequence.sequence} onClose={close} />}
    </Panel>
  );
}

const columnsOf = (findings: readonly Finding[]): readonly Column<SequenceFile>[] => [
  {
    key: "path",
    title: "Path",
    isHeader: true,
    cell: ({ path, documentId, version }) => (
      <>
        <code className="document-id">{path}</code>
        <span className="row-under">
          <Link href={`/documents/sequences/${documentId}`}>{documentId.slice(0, 12)}…</Link>, version {version}
        </span>
      </>
    ),
  },
  { key: "size", title: "Size", isNumber: true, cell: ({ bytes }) => (bytes === null ? null : bytesText(bytes)) },
  {
    key: "signatures",
    title: "Signatures",
    isNumber: true,
    cell: ({ signatures, needsApproval }) => (
      <>
        {signatures}
        {needsApproval && <span className="row-under">needs an approval</span>}
      </>
    ),
  },
  {
    key: "findings",
    title: "Found",
    cell: ({ path }) => {
      const own = findings.filter((each) => each.path === path);
      if (own.length === 0) return <span className="quiet">nothing amiss</span>;
      return (
        <ul className="finding-list">
          {own.map(({ finding, stops }) => (
            <li key={finding}>
              <Badge tone={stops ? "shut" : "caution"}>{stops ? "stops" : "note"}</Badge> {FINDING_TEXT[finding]}
            </li>
          ))}
        </ul>
      );
    },
  },
];
