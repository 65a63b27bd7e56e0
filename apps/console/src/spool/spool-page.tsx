"use client";

import Link from "next/link";
import { useCall } from "../api/use-call.ts";
import { Moment } from "../components/moment.tsx";
import { Refusal } from "../components/refusal.tsx";
import { Badge, EmptyState, PageHead, Panel, Skeleton } from "../components/states.tsx";
import { type Column, Table } from "../components/table.tsx";
import { bytesText } from "../packets/packet-text.ts";
import { NODE_TEXT, PROCEDURE_TEXT, reasonText, type Spool, type Spooled, STATE_TEXT } from "./spool-text.ts";

const EVERY_MS = 5000;

/** What services handed over while the boundary couldn't serve, and what became of each. Nothing of what was sent. */
export function SpoolPage() {
  const list = useCall("spool.list", {}, { everyMs: EVERY_MS });
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
          <Panel id="node" title="This node">
            <Node node={list.data.node} />
          </Panel>
          <Panel id="requests" title="Requests">
            {list.data.items.length === 0 ? (
              <EmptyState title="Nothing was handed over">
                While the database, the trail or the custodian is away, a service may have what it brings in kept here. Each request that was stands here for good, with what became
                of it.
              </EmptyState>
            ) : (
              <Table caption="Requests that were handed over, waiting ones first" rows={list.data.items} keyOf={({ receipt }) => receipt} columns={COLUMNS} />
            )}
          </Panel>
        </>
      )}
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

const COLUMNS: readonly Column<Spooled>[] = [
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
      const reason = reasonText(row);
      return (
        <>
          <Badge tone={tone}>{text}</Badge>
          {reason !== null && <span className="row-under">{reason}</span>}
        </>
      );
    },
  },
  { key: "settled", title: "Ended", cell: ({ settledAt }) => (settledAt === null ? "–" : <Moment at={settledAt} />) },
  {
    key: "request",
    title: "Crossing",
    isWide: true,
    cell: ({ requestId }) => (requestId === null ? "–" : <Link href={`/crossings?request=${requestId}`}>see the trace</Link>),
  },
];
