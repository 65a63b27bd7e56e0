"use client";

import Link from "next/link";
import type { ReactNode } from "react";
import { Moment } from "../components/moment.tsx";
import { Badge } from "../components/states.tsx";
import { packetsPath } from "./packet-filter.ts";
import { bytesText, counted, type Packet, packetName, senderText, sitesText, STATE_TEXT } from "./packet-text.ts";

/** What came, from whom and when. */
export function PacketHead({ packet }: { readonly packet: Packet }) {
  const { study, sites, state, receivedAt, files, rows, bytes, profile } = packet;
  const { text, tone } = STATE_TEXT[state];
  return (
    <div className="packet-head">
      <p className="packet-title">
        {packetName(packet)} <Badge tone={tone}>{text}</Badge>
      </p>
      <dl className="packet-facts">
        <Fact name="Study">
          <Link href={packetsPath({ show: "all", study })}>{study}</Link>
        </Fact>
        <Fact name={sites.length === 1 ? "Site" : "Sites"}>
          <span title={sites.length > 4 ? sitesText(sites, sites.length) : undefined}>{sites.length === 0 ? "none yet" : sitesText(sites)}</span>
        </Fact>
        <Fact name="From">{senderText(packet)}</Fact>
        <Fact name="Received">
          <Moment at={receivedAt} />
        </Fact>
        <Fact name="Content">
          {counted(files.length, "file")}, {files.some(({ document }) => document === null) && `${counted(rows, "row")}, `}
          {bytesText(bytes)}
        </Fact>
        <Fact name="Profile">
          <code>{profile}</code>
        </Fact>
      </dl>
    </div>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
