"use client";

import dynamic from "next/dynamic";
import { useRouter, useSearchParams } from "next/navigation";
import { useCall } from "../api/use-call.ts";
import { Dialog, DialogBody } from "../components/dialog.tsx";
import { Moment } from "../components/moment.tsx";
import { Refusal } from "../components/refusal.tsx";
import { Badge, EmptyState, PageHead, Panel, Skeleton } from "../components/states.tsx";
import { type Column, Table } from "../components/table.tsx";
import { type Incident, rangeText } from "./incident-text.ts";

const IncidentDetail = dynamic(async () => (await import("./incident-detail.tsx")).IncidentDetail, { ssr: false });

/** What broke in the trail and isn't ended yet, and what was. */
export function IncidentsPage() {
  const router = useRouter();
  const query = useSearchParams();
  const list = useCall("incidents.list", { show: "all" });
  const incidents = list.data?.incidents ?? [];
  const [open, past] = [incidents.filter(({ ended }) => ended === null), incidents.filter(({ ended }) => ended !== null)];
  const opened = incidents.find(({ incidentId }) => incidentId === query.get("incident"));
  const shared = columnsOf((incidentId) => router.replace(`/incidents?incident=${incidentId}`, { scroll: false }));
  return (
    <div className="stack">
      <PageHead
        title="Incidents"
        lead="Where a chain isn't what was sealed and signed. It has gone on in a new generation; what is dangerous is stopped until two people end the incident. Nothing is mended."
      />
      {list.isPending && (
        <div className="panel">
          <Skeleton lines={6} label="Loading incidents" />
        </div>
      )}
      {list.data === undefined && list.error !== null && <Refusal failure={list.error} onRetry={() => void list.refetch()} />}
      {list.data !== undefined && (
        <>
          <Panel id="open-incidents" title="Open">
            {open.length === 0 ? (
              <EmptyState title="No incident is open">The custodian verifies what it signed, all of it once a day; a break that it finds stands here within seconds.</EmptyState>
            ) : (
              <Table caption="Open incidents" isLong rows={open} keyOf={({ incidentId }) => incidentId} columns={[...shared, STOPPED]} />
            )}
          </Panel>
          {past.length > 0 && (
            <Panel id="past-incidents" title="Ended">
              <Table caption="Incidents that two people have ended" isLong rows={past} keyOf={({ incidentId }) => incidentId} columns={[...shared, ENDED]} />
            </Panel>
          )}
        </>
      )}
      {opened !== undefined && (
        <Dialog title="Incident" shape="drawer" isOpen onClose={() => router.replace("/incidents", { scroll: false })}>
          <DialogBody>
            <IncidentDetail key={opened.incidentId} incident={opened} open={open} mayRelease={list.data?.mayRelease ?? false} />
          </DialogBody>
        </Dialog>
      )}
    </div>
  );
}

const columnsOf = (open: (incidentId: string) => void): readonly Column<Incident>[] => [
  {
    key: "chain",
    title: "Chain",
    isHeader: true,
    cell: ({ incidentId, chain }) => (
      <button type="button" className="row-open" onClick={() => open(incidentId)}>
        {chain}
      </button>
    ),
  },
  { key: "kind", title: "Kind", cell: ({ kind, ended }) => <Badge tone={ended === null ? "shut" : "neutral"}>{kind}</Badge> },
  { key: "range", title: "Range", cell: rangeText },
  { key: "found", title: "Found", cell: ({ foundAt }) => <Moment at={foundAt} /> },
];

const STOPPED: Column<Incident> = { key: "stops", title: "Stops", cell: ({ stops }) => (stops === "site" ? "what is dangerous at the site" : stops) };
const ENDED: Column<Incident> = { key: "ended", title: "Ended", cell: ({ ended }) => (ended === null ? null : <Moment at={ended.at} />) };
