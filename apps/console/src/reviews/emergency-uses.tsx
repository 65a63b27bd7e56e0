"use client";

import type { OutputOf } from "../api/procedures.ts";
import { useCall } from "../api/use-call.ts";
import { Moment } from "../components/moment.tsx";
import { Refusal } from "../components/refusal.tsx";
import { Badge, EmptyState, Panel, Skeleton } from "../components/states.tsx";
import { type Column, Table } from "../components/table.tsx";
import { EmergencyState } from "../emergency/emergency-state.tsx";
import { CAUSE_TEXT } from "../emergency/emergency-text.ts";

type Use = OutputOf<"emergencies.list">["items"][number];
const EVERY_MS = 15_000;

/** Every emergency access at the reader's sites; those that wait come first. */
export function EmergencyUses({ onOpen }: { readonly onOpen: (emergencyId: string) => void }) {
  const list = useCall("emergencies.list", {}, { everyMs: EVERY_MS });
  const waiting = list.data?.waiting ?? 0;
  return (
    <Panel id="emergency-uses" title="Emergency access" acts={waiting > 0 ? <Badge tone="caution">{waiting.toLocaleString("en-GB")} for you to review</Badge> : undefined}>
      {list.isPending && <Skeleton lines={8} label="Loading emergency access" />}
      {list.data === undefined && list.error !== null && <Refusal failure={list.error} onRetry={() => void list.refetch()} />}
      {list.data !== undefined &&
        (list.data.items.length === 0 ? (
          <EmptyState title="No emergency so far">When somebody opens a subject in an emergency, it stands here at once, and waits for a review when it has ended.</EmptyState>
        ) : (
          <Table caption="Emergency access, newest first" isLong rows={list.data.items} keyOf={({ emergencyId }) => emergencyId} columns={columnsOf(onOpen)} />
        ))}
    </Panel>
  );
}

const columnsOf = (open: (emergencyId: string) => void): readonly Column<Use>[] => [
  {
    key: "who",
    title: "Opened by",
    isHeader: true,
    cell: ({ emergencyId, openedBy }) => (
      <button type="button" className="row-open" onClick={() => open(emergencyId)}>
        {openedBy.printedName}
      </button>
    ),
  },
  { key: "state", title: "State", cell: (use) => <EmergencyState emergency={use} /> },
  { key: "site", title: "Site", cell: ({ study, site }) => `${study} / ${site}` },
  { key: "cause", title: "Cause", cell: ({ cause }) => CAUSE_TEXT[cause] },
  { key: "from", title: "Opened", cell: ({ openedAt }) => <Moment at={openedAt} /> },
  { key: "until", title: "Until", isWide: true, cell: ({ until, ended }) => <Moment at={ended?.at ?? until} /> },
  { key: "by", title: "Reviewed by", isWide: true, cell: ({ review }) => review?.by ?? "–" },
];
