"use client";

import Link from "next/link";
import type { OutputOf } from "../api/procedures.ts";
import { Lamp } from "../components/lamp.tsx";
import { Moment } from "../components/moment.tsx";
import { Panel } from "../components/states.tsx";
import { Table } from "../components/table.tsx";
import { useMay } from "../frame/me.ts";
import { outcomeSentences } from "./inspection-text.ts";
import { deciderText, type Packet } from "./packet-text.ts";

interface PacketOutcomeProps {
  readonly packet: Packet;
  /** What the api answered where it was released from this page just now. */
  readonly released: OutputOf<"packets.release"> | null;
}

const TITLE = { released: "Released", rejected: "Rejected", abandoned: "Abandoned", receiving: "Being received" } as const;

/** What became of a packet, and where that is on record. */
export function PacketOutcome({ packet, released }: PacketOutcomeProps) {
  const { packetId, state, decidedAt, subjects, records, documents } = packet;
  const mayTrail = useMay("trail.read");
  if (state === "quarantined") return null;
  return (
    <Panel id="outcome-title" title={TITLE[state]}>
      <div className="outcome">
        <Lamp look={state === "released" ? "lit" : "shut"} size={20} />
        <div>
          {decidedAt !== null && (
            <p>
              By {deciderText(packet)}, <Moment at={decidedAt} />. The reason is sealed; the trail holds a commitment to it.
            </p>
          )}
          {state === "released" && subjects !== null && (
            <ul className="effect-lines">
              {outcomeSentences(subjects, records, documents).map((sentence) => (
                <li key={sentence}>{sentence}</li>
              ))}
            </ul>
          )}
          {state === "rejected" && <p>Nothing of it reached a subject. It stays on record as it came, sealed.</p>}
          {state === "abandoned" && <p>It wasn't completed in time, or was given up. Its content is removed; that it was begun stays on record.</p>}
          {state === "receiving" && <p>Its files are still coming in, and it is its sender's alone.</p>}
          {mayTrail && (
            <p>
              <Link href={`/crossings?about=${packetId}`}>The packet's records on the trail</Link>
            </p>
          )}
        </div>
      </div>
      {released !== null && (
        <>
          <h3 className="part-title outcome-evidence">Signed evidence</h3>
          <p className="quiet">The release was answered only when these chains' checkpoints, with its records in them, were signed.</p>
          <Table
            caption="Checkpoints that hold the release"
            rows={released.evidence}
            keyOf={({ chain }) => chain}
            columns={[
              { key: "chain", title: "Chain", isHeader: true, cell: ({ chain }) => chain },
              { key: "generation", title: "Generation", isNumber: true, isWide: true, cell: ({ generation }) => generation },
              { key: "size", title: "Records", isNumber: true, cell: ({ size }) => size.toLocaleString("en-GB") },
              { key: "root", title: "Root", isWide: true, cell: ({ root }) => <code>{root.slice(0, 16)}…</code> },
            ]}
          />
        </>
      )}
    </Panel>
  );
}
