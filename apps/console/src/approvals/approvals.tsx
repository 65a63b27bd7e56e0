"use client";

import dynamic from "next/dynamic";
import { useRouter, useSearchParams } from "next/navigation";
import { usePages } from "../api/use-call.ts";
import { Button } from "../components/button.tsx";
import { Moment } from "../components/moment.tsx";
import { Refusal } from "../components/refusal.tsx";
import { Segments } from "../components/segments.tsx";
import { Badge, EmptyState, PageHead, Skeleton } from "../components/states.tsx";
import { Table } from "../components/table.tsx";
import { type Approval, KIND_TEXT, STATE_TEXT, timeLeft } from "./approval-text.ts";

const ApprovalDrawer = dynamic(async () => (await import("./approval-drawer.tsx")).ApprovalDrawer, { ssr: false });

const SHOWS = [
  { id: "open", text: "Open" },
  { id: "mine", text: "Asked by me" },
  { id: "all", text: "All" },
] as const;
type Show = (typeof SHOWS)[number]["id"];

const EMPTY: Readonly<Record<Show, { readonly title: string; readonly text: string }>> = {
  open: { title: "Nothing waits for a decision", text: "What needs two people appears here as soon as somebody asks for it." },
  mine: { title: "You have asked for nothing", text: "Invitations, suspensions, recoveries and bulk reveals that you ask for are followed here." },
  all: { title: "No requests yet", text: "Whatever needs two people goes through here, and stays on record." },
};

/** The approvals inbox: what waits for a second person, what I asked for, and what became of it. */
export function Approvals() {
  const router = useRouter();
  const query = useSearchParams();
  const show: Show = SHOWS.find(({ id }) => id === query.get("show"))?.id ?? "open";
  const opened = /^apr_[0-9a-hjkmnp-tv-z]{26}$/.exec(query.get("request") ?? "")?.[0] ?? null;
  const list = usePages("approvals.list", { show });
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  const go = (next: { readonly show: Show; readonly request?: string }) => {
    const search = new URLSearchParams({ ...(next.show !== "open" && { show: next.show }), ...(next.request !== undefined && { request: next.request }) });
    router.replace(search.size === 0 ? "/approvals" : `/approvals?${search.toString()}`, { scroll: false });
  };
  return (
    <>
      <PageHead title="Approvals" lead="Some acts take two people. Whoever asked can't decide, nor can anybody that it is about.">
        <Segments label="Which requests" options={SHOWS} value={show} onChange={(id) => go({ show: SHOWS.find((each) => each.id === id)?.id ?? "open" })} />
      </PageHead>
      <section className="panel" aria-label="Requests">
        {list.isPending && <Skeleton lines={6} label="Loading requests" />}
        {list.isError && <Refusal failure={list.error} onRetry={() => void list.refetch()} />}
        {list.isSuccess && items.length === 0 && <EmptyState title={EMPTY[show].title}>{EMPTY[show].text}</EmptyState>}
        {items.length > 0 && (
          <Table
            caption="Requests"
            rows={items}
            keyOf={({ approvalId }) => approvalId}
            columns={[
              {
                key: "kind",
                title: "What",
                isHeader: true,
                cell: (item) => (
                  <button type="button" className="row-open" onClick={() => go({ show, request: item.approvalId })}>
                    {KIND_TEXT[item.kind]}
                  </button>
                ),
              },
              { key: "about", title: "About", cell: ({ about }) => about },
              { key: "by", title: "Asked by", cell: ({ requestedBy, isMine }) => (isMine ? "you" : requestedBy.printedName) },
              { key: "at", title: "Asked", isWide: true, cell: ({ requestedAt }) => <Moment at={requestedAt} /> },
              { key: "state", title: "State", cell: (item) => <Standing item={item} nowMs={list.dataUpdatedAt} /> },
              { key: "votes", title: "Approvals", isNumber: true, cell: ({ votes, needed }) => `${votes.filter(({ verdict }) => verdict === "approve").length} of ${needed}` },
            ]}
          />
        )}
        {list.hasNextPage && (
          <div className="form-acts">
            <Button isPending={list.isFetchingNextPage} onPress={() => void list.fetchNextPage()}>
              Show older ones
            </Button>
          </div>
        )}
      </section>
      {opened !== null && <ApprovalDrawer approvalId={opened} onClose={() => go({ show })} />}
    </>
  );
}

function Standing({ item, nowMs }: { readonly item: Approval; readonly nowMs: number }) {
  const { text, tone } = STATE_TEXT[item.state];
  const left = item.state === "requested" ? timeLeft(item.expiresAt, nowMs) : null;
  return (
    <>
      <Badge tone={item.mayDecide ? "caution" : tone === "caution" ? "neutral" : tone}>{item.mayDecide ? "waits for you" : text}</Badge>
      {left !== null && <span className="quiet"> {left}</span>}
    </>
  );
}
