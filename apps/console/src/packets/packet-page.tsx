"use client";

import dynamic from "next/dynamic";
import Link from "next/link";
import { useState } from "react";
import type { OutputOf } from "../api/procedures.ts";
import { useCall } from "../api/use-call.ts";
import { Refusal } from "../components/refusal.tsx";
import { PageHead, Skeleton } from "../components/states.tsx";
import { useMay, useMe } from "../frame/me.ts";
import { PacketHead } from "./packet-head.tsx";
import { PacketOutcome } from "./packet-outcome.tsx";
import { Separated } from "./separated.tsx";

/** For those who may look inside, while there is something to decide. */
const PacketInspection = dynamic(async () => (await import("./packet-inspection.tsx")).PacketInspection, {
  ssr: false,
  loading: () => <Skeleton lines={10} label="Reading the packet" />,
});

/** One packet: what came, what the checks say, and what a release would do; afterwards, what was done. */
export function PacketPage({ packetId }: { readonly packetId: string }) {
  const call = useCall("packets.get", { packetId });
  const [released, setReleased] = useState<OutputOf<"packets.release"> | null>(null);
  return (
    <>
      <PageHead title="Packet">
        <Link href="/packets">All packets</Link>
      </PageHead>
      {call.isPending && <Skeleton lines={4} label="Loading the packet" />}
      {call.data === undefined && call.error !== null && <Refusal failure={call.error} onRetry={() => void call.refetch()} />}
      {call.data !== undefined && (
        <div className="packet">
          <PacketHead packet={call.data} />
          {call.data.state === "quarantined" ? <InQuarantine packet={call.data} onReleased={setReleased} /> : <PacketOutcome packet={call.data} released={released} />}
        </div>
      )}
    </>
  );
}

interface InQuarantineProps {
  readonly packet: OutputOf<"packets.get">;
  readonly onReleased: (released: OutputOf<"packets.release">) => void;
}

function InQuarantine({ packet, onReleased }: InQuarantineProps) {
  const me = useMe();
  const mayInspect = useMay("packet.inspect");
  if (me.isPending) return null;
  if (packet.isMine) return <Separated />;
  if (!mayInspect) return <p className="advice">It waits for somebody who may release it. Your roles don't look inside.</p>;
  return <PacketInspection packet={packet} onReleased={onReleased} />;
}
