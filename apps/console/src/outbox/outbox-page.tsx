"use client";

import dynamic from "next/dynamic";
import Link from "next/link";
import { useRouter, useSearchParams } from "next/navigation";
import { useCall } from "../api/use-call.ts";
import { Dialog } from "../components/dialog.tsx";
import { Moment } from "../components/moment.tsx";
import { Refusal } from "../components/refusal.tsx";
import { Badge, EmptyState, PageHead, Panel, Skeleton } from "../components/states.tsx";
import { type Column, Table } from "../components/table.tsx";
import { useMay } from "../frame/me.ts";
import { EVERY_MS, type Item, progressText, rankText, type Route, routeText, shownText, toneOf } from "./outbox-text.ts";

const ItemDrawer = dynamic(async () => (await import("./item-drawer.tsx")).ItemDrawer, { ssr: false });

/** What is on its way to recipients, and over which routes: what needs somebody first. */
export function OutboxPage() {
  const router = useRouter();
  const opened = useSearchParams().get("item");
  const list = useCall("outbox.list", { limit: 200 }, { everyMs: EVERY_MS });
  const mayName = useMay("recipient.read");
  const mayChange = useMay("route.change");
  const recipients = useCall("recipients.list", {}, { enabled: mayName });
  const nameOf = (recipientId: string): string => recipients.data?.recipients.find((each) => each.recipientId === recipientId)?.name ?? recipientId;
  const { items = [], routes = [] } = list.data ?? {};
  return (
    <div className="stack">
      <PageHead
        title="Outbox"
        lead="Sealed packets on their way to their recipients. What may have arrived is sent again only upon a receipt, after an SFTP upload that was taken back, or when two people say so."
      />
      {list.isPending && (
        <div className="panel">
          <Skeleton lines={6} label="Loading the outbox" />
        </div>
      )}
      {list.data === undefined && list.error !== null && <Refusal failure={list.error} onRetry={() => void list.refetch()} />}
      {list.data !== undefined && (
        <>
          <Panel id="items" title="Items">
            {items.length === 0 ? (
              <EmptyState title="Nothing is in the outbox">A packet comes here when it is submitted, and stays on record once its recipient has it.</EmptyState>
            ) : (
              <>
                <p className="quiet">{shownText(items.length, list.data.counts, list.data.waiting)}</p>
                <Table
                  caption="Items, what needs somebody first"
                  rows={items}
                  keyOf={({ itemId }) => itemId}
                  columns={itemColumns(nameOf, (itemId) => router.replace(`/outbox?item=${itemId}`, { scroll: false }))}
                  isLong
                />
              </>
            )}
          </Panel>
          <Panel id="routes" title="Routes">
            {routes.length === 0 ? (
              <EmptyState title="No route is registered">
                {mayChange ? (
                  <>
                    Two administrators register where a recipient takes packets, under <Link href="/recipients">Recipients</Link>.
                  </>
                ) : (
                  "Two administrators register where a recipient takes packets."
                )}
              </EmptyState>
            ) : (
              <Table caption="Routes, by recipient and in their order" rows={routes} keyOf={({ routeId }) => routeId} columns={routeColumns(nameOf, mayChange)} />
            )}
          </Panel>
        </>
      )}
      {opened !== null && (
        <Dialog title="Packet on its way" shape="drawer" isOpen onClose={() => router.replace("/outbox", { scroll: false })}>
          <ItemDrawer key={opened} itemId={opened} nameOf={nameOf} />
        </Dialog>
      )}
    </div>
  );
}

const itemColumns = (nameOf: (recipientId: string) => string, open: (itemId: string) => void): readonly Column<Item>[] => [
  {
    key: "packet",
    title: "Packet",
    isHeader: true,
    cell: ({ itemId, packetId }) => (
      <button type="button" className="row-open" onClick={() => open(itemId)}>
        <code>{packetId}</code>
      </button>
    ),
  },
  { key: "recipient", title: "Recipient", cell: ({ recipientId }) => nameOf(recipientId) },
  {
    key: "state",
    title: "State",
    cell: (item) => (
      <>
        <Badge tone={toneOf(item)}>{progressText(item)}</Badge>
        {item.disagreedAt !== null && <Badge tone="shut">portal disagrees</Badge>}
      </>
    ),
  },
  { key: "attempts", title: "Attempts", isNumber: true, cell: ({ attempts }) => attempts.toLocaleString("en-GB") },
  { key: "since", title: "Since", cell: ({ enqueuedAt }) => <Moment at={enqueuedAt} /> },
  { key: "next", title: "Next by itself", isWide: true, cell: ({ nextAt }) => (nextAt === null ? "–" : <Moment at={nextAt} />) },
];

const routeColumns = (nameOf: (recipientId: string) => string, mayChange: boolean): readonly Column<Route>[] => [
  { key: "name", title: "Route", isHeader: true, cell: ({ settings, rank }) => `${settings.name} (${rankText(rank)})` },
  {
    key: "recipient",
    title: "Recipient",
    cell: ({ recipientId }) => (mayChange ? <Link href={`/recipients?routes=${recipientId}`}>{nameOf(recipientId)}</Link> : nameOf(recipientId)),
  },
  { key: "where", title: "Where", cell: (route) => <code>{routeText(route)}</code> },
  {
    key: "health",
    title: "Health",
    cell: ({ health }) => {
      if (health === null) return <Badge>not looked at yet</Badge>;
      return <Badge tone={health.state === "healthy" ? "stands" : "shut"}>{health.failure === null ? health.state : `${health.state}: ${health.failure}`}</Badge>;
    },
  },
  { key: "since", title: "Since", cell: ({ health }) => (health === null ? "–" : <Moment at={health.since} />) },
];
