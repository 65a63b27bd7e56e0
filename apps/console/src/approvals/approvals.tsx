"use client";

import dynamic from "next/dynamic";
import { useRouter, useSearchParams } from "next/navigation";
import { usePages } from "../api/use-call.ts";
import { AccessButton } from "../access/access-button.tsx";
import { Button } from "../components/button.tsx";
import { Moment } from "../components/moment.tsx";
import { Refusal } from "../components/refusal.tsx";
import { Segments } from "../components/segments.tsx";
import { Badge, EmptyState, PageHead, Skeleton } from "../components/states.tsx";
import { Table } from "../components/table.tsx";
import { type ApprovalFilter, EMPTY, filterPath, KINDS, readFilter, SHOWS } from "./approval-filter.ts";
import { type Approval, KIND_TEXT, STATE_TEXT, timeLeft } from "./approval-text.ts";

const ApprovalDrawer = dynamic(async () => (await import("./approval-drawer.tsx")).ApprovalDrawer, { ssr: false });

/** The approvals inbox: what waits for a second person, what I asked for, and what became of it. */
export function Approvals() {
  const router = useRouter();
  const filter = readFilter(useSearchParams());
  const { show, kind, request } = filter;
  const list = usePages("approvals.list", { show, ...(kind !== null && { kind }) });
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  const go = (change: Partial<ApprovalFilter>) => router.replace(filterPath({ ...filter, ...change }), { scroll: false });
  return (
    <>
      <PageHead title="Approvals" lead="Some acts take two people. Whoever asked can't decide, nor can anybody that it is about.">
        <AccessButton />
      </PageHead>
      <section className="panel" aria-label="Requests">
        <div className="filter-row">
          <Segments label="Which requests" options={SHOWS} value={show} onChange={(id) => go({ show: readFilter(new URLSearchParams({ show: id })).show })} />
          <select
            className="input filter-kind"
            aria-label="Kind"
            value={kind ?? ""}
            onChange={({ currentTarget }) => go({ kind: readFilter(new URLSearchParams({ kind: currentTarget.value })).kind })}
          >
            <option value="">Any kind</option>
            {KINDS.map(({ id, text }) => (
              <option key={id} value={id}>
                {text}
              </option>
            ))}
          </select>
        </div>
        {list.isPending && <Skeleton lines={6} label="Loading requests" />}
        {list.isError && <Refusal failure={list.error} onRetry={() => void list.refetch()} />}
        {list.isSuccess && items.length === 0 && (
          <EmptyState title={EMPTY[show].title}>{kind === null ? EMPTY[show].text : "None of this kind. Other kinds may have some."}</EmptyState>
        )}
        {items.length > 0 && (
          <Table
            caption="Requests"
            isLong
            rows={items}
            keyOf={({ approvalId }) => approvalId}
            columns={[
              {
                key: "kind",
                title: "What",
                isHeader: true,
                cell: (item) => (
                  <button type="button" className="row-open" onClick={() => go({ request: item.approvalId })}>
                    {KIND_TEXT[item.kind]}
                  </button>
                ),
              },
              { key: "about", title: "About", cell: ({ about }) => about },
              { key: "by", title: "Asked by", cell: ({ requestedBy, isMine }) => (isMine ? "you" : requestedBy.printedName) },
              { key: "at", title: "Asked", isWide: true, cell: ({ requestedAt }) => <Moment at={requestedAt} /> },
              { key: "state", title: "State", cell: (item) => <Standing item={item} nowMs={list.dataUpdatedAt} /> },
              { key: "until", title: "Open until", isWide: true, cell: ({ expiresAt }) => <Moment at={expiresAt} /> },
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
      {request !== null && <ApprovalDrawer approvalId={request} onClose={() => go({ request: null })} />}
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
