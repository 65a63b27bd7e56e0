"use client";

import Link from "next/link";
import { useRouter, useSearchParams } from "next/navigation";
import { usePages } from "../api/use-call.ts";
import { Button } from "../components/button.tsx";
import { Moment } from "../components/moment.tsx";
import { Refusal } from "../components/refusal.tsx";
import { Segments } from "../components/segments.tsx";
import { EmptyState, PageHead, Skeleton } from "../components/states.tsx";
import { type Column, Table } from "../components/table.tsx";
import { useMe } from "../frame/me.ts";
import { placeText } from "../packets/document-text.ts";
import { bytesText, counted } from "../packets/packet-text.ts";
import { type Kind, kindOf, KINDS, type ListedDocument, mediaName } from "./document-kinds.ts";

/** Documents that were released, by type: each type is shown to whoever may read it. */
export function DocumentsPage() {
  const router = useRouter();
  const query = useSearchParams();
  const me = useMe();
  const readable = KINDS.filter(({ type }) => me.data?.grants.some(({ action, resource }) => action === "document.read" && resource === type) ?? false);
  const kind = readable.find(({ id }) => id === kindOf(query.get("kind"))?.id) ?? readable[0];
  return (
    <>
      <PageHead title="Documents" lead="What was released from quarantine, version by version, with its signatures. Each piece that you read is on record." />
      {me.isPending && <Skeleton lines={6} label="Loading documents" />}
      {me.isSuccess && kind === undefined && (
        <section className="panel" aria-label="Documents">
          <EmptyState title="No document is yours to read">A role that reads sequences, correspondence or credentials shows them here.</EmptyState>
        </section>
      )}
      {kind !== undefined && (
        <>
          <div className="document-filter">
            <Segments label="Which documents" options={readable} value={kind.id} onChange={(id) => router.replace(`/documents?kind=${id}`, { scroll: false })} />
          </div>
          <section className="panel" aria-label={kind.text}>
            <List key={kind.id} kind={kind} />
          </section>
        </>
      )}
    </>
  );
}

function List({ kind }: { readonly kind: Kind }) {
  const list = usePages(kind.list, { limit: 50 });
  if (list.isPending) return <Skeleton lines={6} label="Loading documents" />;
  if (list.data === undefined) return list.error === null ? null : <Refusal failure={list.error} onRetry={() => void list.refetch()} />;
  const items = list.data.pages.flatMap((page) => page.items);
  const total = list.data.pages.at(-1)?.total ?? 0;
  if (items.length === 0)
    return <EmptyState title="None was released yet">A document comes in with a packet, and is here once somebody other than its sender has released it.</EmptyState>;
  return (
    <div className="document-list">
      <output className="quiet">{items.length === total ? counted(total, "document") : `${items.length.toLocaleString("en-GB")} of ${counted(total, "document")}`}</output>
      <Table isLong caption={`${kind.text}, newest first`} rows={items} keyOf={({ documentId }) => documentId} columns={columnsOf(kind)} />
      {list.isFetchNextPageError && <Refusal failure={list.error} onRetry={() => void list.fetchNextPage()} isInline />}
      {list.hasNextPage && (
        <Button onPress={() => void list.fetchNextPage()} isPending={list.isFetchingNextPage}>
          Show older ones
        </Button>
      )}
    </div>
  );
}

const columnsOf = (kind: Kind): readonly Column<ListedDocument>[] => [
  {
    key: "document",
    title: "Document",
    isHeader: true,
    cell: ({ documentId, mediaType, version }) => (
      <>
        <Link href={`/documents/${kind.id}/${documentId}`} className="document-link">
          <code>{documentId.slice(0, 12)}…</code>
        </Link>
        <span className="row-under">
          {mediaName(mediaType)}, version {version}
        </span>
      </>
    ),
  },
  {
    key: "place",
    title: "Belongs to",
    cell: ({ study, site }) => (
      <>
        {study}
        <span className="row-under">{placeText(site)}</span>
      </>
    ),
  },
  { key: "size", title: "Size", isNumber: true, cell: ({ bytes }) => bytesText(bytes) },
  { key: "digest", title: "SHA-256", isWide: true, cell: ({ sha256 }) => <code title={sha256}>{sha256.slice(0, 16)}…</code> },
  { key: "released", title: "Released", cell: ({ releasedAt }) => <Moment at={releasedAt} /> },
];
