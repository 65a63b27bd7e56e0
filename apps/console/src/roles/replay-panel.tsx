"use client";

import Link from "next/link";
import { useState } from "react";
import { useCall } from "../api/use-call.ts";
import { Button } from "../components/button.tsx";
import { Moment } from "../components/moment.tsx";
import { Refusal } from "../components/refusal.tsx";
import { Badge, Panel, Skeleton } from "../components/states.tsx";
import { Table } from "../components/table.tsx";
import { writeRef } from "../crossings/record-ref.ts";
import { counted } from "../packets/packet-text.ts";

const LIMIT = 1000;

/** The last crossings decided again, by the policy that the proposal was made from and by the proposal: those of which the two differ. */
export function ReplayPanel({ proposalId }: { readonly proposalId: string }) {
  const [isWanted, setWanted] = useState(false);
  const call = useCall("policy.replay", { proposalId, limit: LIMIT }, { enabled: isWanted, isOnce: true });
  return (
    <Panel
      id="replay-title"
      title="What it would have decided otherwise"
      acts={
        <Button isPending={call.isFetching} onPress={() => (isWanted ? void call.refetch() : setWanted(true))}>
          Decide the last {LIMIT.toLocaleString("en-GB")} crossings again
        </Button>
      }
    >
      {!isWanted && <p className="quiet">With everybody&apos;s roles as they were then, whatever is locked, closed or suspended now. It changes nothing, and is on record.</p>}
      {isWanted && call.isPending && <Skeleton lines={4} label="Deciding again" />}
      {call.data === undefined && call.error !== null && <Refusal failure={call.error} onRetry={() => void call.refetch()} isInline />}
      {call.data !== undefined && (
        <>
          <p className="replay-sum">
            {counted(call.data.looked, "crossing")} decided again:{" "}
            {call.data.otherwise.length === 0 ? "each as it was" : `${counted(call.data.otherwise.length, "crossing")} otherwise`}.
            {call.data.undecided > 0 && ` Of ${counted(call.data.undecided, "other")} the record doesn't tell enough.`}
          </p>
          {call.data.otherwise.length > 0 && (
            <Table
              isLong
              caption="Crossings that it would have decided otherwise"
              rows={call.data.otherwise}
              keyOf={({ crossing }) => writeRef(crossing)}
              columns={[
                {
                  key: "at",
                  title: "Record",
                  isHeader: true,
                  cell: ({ crossing }) => (
                    <Link href={`/crossings?record=${encodeURIComponent(writeRef(crossing))}`} className="row-open">
                      <Moment at={crossing.at} />
                    </Link>
                  ),
                },
                { key: "who", title: "Who", cell: ({ crossing }) => crossing.principalName ?? crossing.principal },
                { key: "what", title: "What", cell: ({ crossing }) => <code>{crossing.action}</code> },
                { key: "where", title: "Where", cell: ({ crossing }) => (crossing.site === "-" ? "–" : crossing.site) },
                {
                  key: "then",
                  title: "Then, and by it",
                  cell: ({ before, after }) => (
                    <span className="badges">
                      <Badge>{before}</Badge> → <Badge tone={after === "allow" ? "caution" : "shut"}>{after}</Badge>
                    </span>
                  ),
                },
              ]}
            />
          )}
        </>
      )}
    </Panel>
  );
}
