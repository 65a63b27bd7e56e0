"use client";

import Link from "next/link";
import { useRouter, useSearchParams } from "next/navigation";
import { useMemo } from "react";
import { useCall, usePages } from "../api/use-call.ts";
import { Button, ButtonLink } from "../components/button.tsx";
import { Icon } from "../components/icon.tsx";
import { Moment } from "../components/moment.tsx";
import { Refusal } from "../components/refusal.tsx";
import { Segments } from "../components/segments.tsx";
import { Badge, EmptyState, PageHead, Skeleton } from "../components/states.tsx";
import { type Column, Table } from "../components/table.tsx";
import { useMay, useMe } from "../frame/me.ts";
import { type PacketFilter, packetsInput, packetsPath, readPacketFilter, type Show, SHOWS } from "./packet-filter.ts";
import { bytesText, counted, deciderText, type Packet, packetName, senderText, sitesText, STATE_TEXT } from "./packet-text.ts";

const EMPTY: Readonly<Record<Show, { readonly title: string; readonly text: string }>> = {
  waiting: { title: "Nothing waits in quarantine", text: "A packet appears here when a site's coordinator or a service has brought it in. Whoever brought it can't release it." },
  released: { title: "Nothing was released here", text: "Released packets stay on record, with who released them and what changed." },
  rejected: { title: "Nothing was rejected here", text: "Rejected packets stay on record; nothing of them reaches a subject." },
  abandoned: { title: "Nothing was abandoned", text: "What isn't completed within a day is given up here: its content is removed, and that it came stays on record." },
  all: { title: "No packet here yet", text: "Packets come from sites' coordinators and from services. Each waits in quarantine until somebody else looks at it." },
};

/** The quarantine inbox: what came in, and what became of it. */
export function PacketsPage() {
  const router = useRouter();
  const query = useSearchParams();
  const filter = useMemo(() => readPacketFilter(new URLSearchParams(query.toString())), [query]);
  const me = useMe();
  const [mayRead, mayUpload] = [useMay("packet.read"), useMay("packet.upload")];
  const go = (change: Partial<PacketFilter>) => router.replace(packetsPath({ ...filter, ...change }), { scroll: false });
  return (
    <>
      <PageHead title="Packets" lead="What comes in is held here, sealed, until somebody other than its sender releases it.">
        {mayUpload && (
          <ButtonLink href="/packets/upload" kind="primary">
            <Icon name="upload" size={16} />
            Bring a packet in
          </ButtonLink>
        )}
      </PageHead>
      {me.isSuccess && mayUpload && !mayRead ? (
        <section className="panel" aria-label="Packets">
          <EmptyState title="What you bring in, others look at">
            Your role brings packets in, and reads none back: whoever releases them finds them here. What you began and didn't finish stands on the page that brings packets in.
          </EmptyState>
        </section>
      ) : (
        <>
          <div className="packet-filter">
            <Segments label="Which packets" options={SHOWS} value={filter.show} onChange={(id) => go({ show: SHOWS.find((each) => each.id === id)?.id ?? "waiting" })} />
            <StudyChoice value={filter.study} onChange={(study) => go({ study })} />
          </div>
          <section className="panel" aria-label="Packets">
            {me.isPending ? <Skeleton lines={8} label="Loading packets" /> : <List key={packetsPath(filter)} filter={filter} />}
          </section>
        </>
      )}
    </>
  );
}

/** Narrows the list to a study; nothing where there is only one. */
function StudyChoice({ value, onChange }: { readonly value: string | null; readonly onChange: (study: string | null) => void }) {
  const studies = useCall("studies.list", {}, { enabled: useMay("study.read") });
  const names = studies.data?.studies.map(({ study }) => study) ?? [];
  const offered = value === null || names.includes(value) ? names : [value, ...names];
  if (offered.length < 2) return null;
  return (
    <select
      className="input packet-study"
      aria-label="Study"
      value={value ?? ""}
      onChange={({ currentTarget }) => onChange(currentTarget.value === "" ? null : currentTarget.value)}
    >
      <option value="">All studies</option>
      {offered.map((study) => (
        <option key={study}>{study}</option>
      ))}
    </select>
  );
}

function List({ filter }: { readonly filter: PacketFilter }) {
  const mayRelease = useMay("packet.release");
  const list = usePages("packets.list", { ...packetsInput(filter), limit: 50 });
  if (list.isPending) return <Skeleton lines={8} label="Loading packets" />;
  if (list.data === undefined) return list.error === null ? null : <Refusal failure={list.error} onRetry={() => void list.refetch()} />;
  const items = list.data.pages.flatMap((page) => page.items);
  const total = list.data.pages.at(-1)?.total ?? 0;
  if (items.length === 0) return <EmptyState title={EMPTY[filter.show].title}>{EMPTY[filter.show].text}</EmptyState>;
  return (
    <div className="packet-list">
      <output className="quiet">{items.length === total ? counted(total, "packet") : `${items.length.toLocaleString("en-GB")} of ${counted(total, "packet")}`}</output>
      <Table caption="Packets, newest first" rows={items} keyOf={({ packetId }) => packetId} columns={columnsFor(mayRelease)} />
      {list.isFetchNextPageError && <Refusal failure={list.error} onRetry={() => void list.fetchNextPage()} isInline />}
      {list.hasNextPage && (
        <Button onPress={() => void list.fetchNextPage()} isPending={list.isFetchingNextPage}>
          Show older ones
        </Button>
      )}
    </div>
  );
}

const columnsFor = (mayRelease: boolean): readonly Column<Packet>[] => [
  {
    key: "what",
    title: "Packet",
    isHeader: true,
    cell: (packet) => (
      <>
        <Link href={`/packets/${packet.packetId}`} className="packet-name">
          {packetName(packet)}
        </Link>
        <span className="row-under">{packet.rows === 0 ? "not read" : `${counted(packet.files.length, "file")}, ${counted(packet.rows, "row")}`}</span>
      </>
    ),
  },
  {
    key: "where",
    title: "Study and sites",
    cell: ({ study, sites }) => (
      <>
        {study}
        {sites.length > 0 && <span className="row-under">{sitesText(sites)}</span>}
      </>
    ),
  },
  { key: "from", title: "From", cell: senderText },
  { key: "at", title: "Received", cell: ({ receivedAt }) => <Moment at={receivedAt} /> },
  { key: "size", title: "Size", isNumber: true, isWide: true, cell: ({ bytes }) => bytesText(bytes) },
  { key: "state", title: "State", cell: (packet) => <Standing packet={packet} waitsForMe={mayRelease && packet.state === "quarantined" && !packet.isMine} /> },
];

function Standing({ packet, waitsForMe }: { readonly packet: Packet; readonly waitsForMe: boolean }) {
  const { state, decidedAt } = packet;
  const { text, tone } = STATE_TEXT[state];
  if (state === "quarantined") return <Badge tone={waitsForMe ? "caution" : "neutral"}>{waitsForMe ? "waits for you" : text}</Badge>;
  return (
    <>
      <Badge tone={tone}>{text}</Badge>
      {decidedAt !== null && (
        <span className="row-under">
          {deciderText(packet)}, <Moment at={decidedAt} />
        </span>
      )}
    </>
  );
}
