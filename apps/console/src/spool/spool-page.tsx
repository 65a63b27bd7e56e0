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
import { useMay } from "../frame/me.ts";
import { useTell } from "../frame/notices.tsx";
import { bytesText } from "../packets/packet-text.ts";
import { discardable, discardText, endText, NODE_TEXT, PROCEDURE_TEXT, type Spool, type Spooled, STATE_TEXT } from "./spool-text.ts";

const DiscardSpooled = dynamic(async () => (await import("./discard-spooled.tsx")).DiscardSpooled, { ssr: false });

const EVERY_MS = 5000;

/** What services handed over while the boundary couldn't serve, and what became of each. Nothing of what was sent. */
export function SpoolPage() {
  const list = useCall("spool.list", { limit: 500 }, { everyMs: EVERY_MS });
  const mayDiscard = useMay("spool.discard");
  const [chosen, setChosen] = useState<readonly Spooled[] | null>(null);
  const waiting = discardable(list.data?.items ?? []);
  return (
    <div className="stack">
      <PageHead
        title="Spool"
        lead="Requests of services that couldn't be served when they came, kept sealed. Each is decided anew, and done once or refused, when everything has been well for ten seconds."
      />
      {list.isPending && (
        <div className="panel">
          <Skeleton lines={6} label="Loading the spool" />
        </div>
      )}
      {list.data === undefined && list.error !== null && <Refusal failure={list.error} onRetry={() => void list.refetch()} />}
      {list.data !== undefined && (
        <>
          <Panel id="node" title="This node" acts={waiting.length > 0 && <ReplayNow isWell={list.data.node.isWell} />}>
            <Node node={list.data.node} />
          </Panel>
          <Panel id="requests" title="Requests" acts={mayDiscard && waiting.length > 0 && <Button onPress={() => setChosen(waiting)}>{discardText(waiting)}</Button>}>
            {list.data.items.length === 0 ? (
              <EmptyState title="Nothing was handed over">
                While the database, the trail or the custodian is away, a service may have what it brings in kept here. Each request that was stands here for good, with what became
                of it.
              </EmptyState>
            ) : (
              <Table
                caption="Requests that were handed over, waiting ones first"
                rows={list.data.items}
                keyOf={({ receipt }) => receipt}
                columns={columnsOf(mayDiscard && waiting.length > 1 ? (row) => setChosen([row]) : null)}
              />
            )}
          </Panel>
        </>
      )}
      {chosen !== null && <DiscardSpooled chosen={chosen} onClose={() => setChosen(null)} />}
    </div>
  );
}

/** One round at once, for whoever may. */
function ReplayNow({ isWell }: { readonly isWell: boolean }) {
  const tell = useTell();
  const may = useMay("spool.replay");
  const replay = useChange("spool.replay", {
    refreshes: ["spool.list"],
    onDone: ({ waiting }) =>
      tell({ tone: "done", text: `Wanted, and on record: ${waiting === 1 ? "one request is" : `${waiting} requests are`} sent through the boundary now, in order.` }),
  });
  if (!may) return null;
  return (
    <div className="form-acts">
      <Button isDisabled={!isWell} isPending={replay.isPending} onPress={() => replay.mutate({})}>
        Replay now
      </Button>
      {replay.error !== null && <Refusal failure={replay.error} isInline />}
    </div>
  );
}

function Node({ node }: { readonly node: Spool["node"] }) {
  const { tone, text, about } = NODE_TEXT[node.state];
  return (
    <dl className="pairs pairs-plain">
      <dt>State</dt>
      <dd>
        <Badge tone={tone}>{text}</Badge> {about}
      </dd>
      {node.state !== "off" && (
        <>
          <dt>Replay</dt>
          <dd>
            {node.isWell
              ? "Everything that it rests on is well: what waits here is replayed ten seconds later."
              : "Something that it rests on isn't well: the database, the trail, the custodian or its root key. It waits for that."}
          </dd>
          <dt>Waiting</dt>
          <dd>{`${node.waiting.toLocaleString("en-GB")} of ${node.requestsMax.toLocaleString("en-GB")} requests`}</dd>
          <dt>Sealed</dt>
          <dd>{`${bytesText(node.bytes)} of ${bytesText(node.bytesMax)}`}</dd>
          <dt>Oldest</dt>
          <dd>{node.oldestAt === null ? "–" : <Moment at={node.oldestAt} />}</dd>
        </>
      )}
    </dl>
  );
}

const columnsOf = (discard: ((row: Spooled) => void) | null): readonly Column<Spooled>[] => [
  {
    key: "what",
    title: "Request",
    isHeader: true,
    cell: ({ procedure, receipt }) => (
      <>
        {PROCEDURE_TEXT[procedure] ?? procedure}
        <span className="row-under">
          <code>{receipt}</code>
        </span>
      </>
    ),
  },
  { key: "who", title: "Service", cell: ({ principal }) => <code>{principal}</code> },
  { key: "taken", title: "Taken", cell: ({ takenAt }) => <Moment at={takenAt} /> },
  {
    key: "state",
    title: "State",
    cell: (row) => {
      const { tone, text } = STATE_TEXT[row.state];
      const said = endText(row);
      return (
        <>
          <Badge tone={tone}>{text}</Badge>
          {said !== null && <span className="row-under">{said}</span>}
        </>
      );
    },
  },
  { key: "settled", title: "Ended", cell: ({ settledAt }) => (settledAt === null ? "–" : <Moment at={settledAt} />) },
  {
    key: "request",
    title: "Crossing",
    cell: ({ requestId, approvalId }) => {
      if (approvalId !== null) return <Link href={`/approvals?show=all&request=${approvalId}`}>see the approval</Link>;
      return requestId === null ? "–" : <Link href={`/crossings?request=${requestId}`}>see the trace</Link>;
    },
  },
  ...(discard === null
    ? []
    : [
        {
          key: "acts",
          title: "Acts",
          isAct: true,
          cell: (row: Spooled) =>
            row.state === "waiting" ? (
              <Button kind="quiet" aria-label={`Discard ${row.receipt}`} onPress={() => discard(row)}>
                Discard
              </Button>
            ) : null,
        },
      ]),
];
