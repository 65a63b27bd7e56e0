"use client";

import dynamic from "next/dynamic";
import { useRouter, useSearchParams } from "next/navigation";
import { useCall } from "../api/use-call.ts";
import { Dialog, DialogBody } from "../components/dialog.tsx";
import { Moment } from "../components/moment.tsx";
import { Refusal } from "../components/refusal.tsx";
import { Badge, EmptyState, PageHead, Panel, Skeleton } from "../components/states.tsx";
import { type Column, Table } from "../components/table.tsx";
import { type ClosedGeneration, generationKey, STATE_TONES, STATE_WORDS } from "./archive-text.ts";

const ArchiveDetail = dynamic(async () => (await import("./archive-detail.tsx")).ArchiveDetail, { ssr: false });

/** The generations of the trail that take no records any more: which were archived, and which may be. */
export function ArchivesPage() {
  const router = useRouter();
  const query = useSearchParams();
  const list = useCall("archives.list", {});
  const generations = list.data?.generations ?? [];
  const isGone = ({ state }: ClosedGeneration): boolean => state === "archived" || state === "removed";
  const [kept, gone] = [generations.filter((each) => !isGone(each)), generations.filter(isGone)];
  const opened = generations.find((each) => generationKey(each) === query.get("generation"));
  const columns = columnsOf((each) => router.replace(`/archives?generation=${encodeURIComponent(generationKey(each))}`, { scroll: false }));
  return (
    <div className="stack">
      <PageHead
        title="Archives"
        lead="A chain is a list of generations. One that is closed can be written as a bundle and its records removed, upon two people's passkeys: the archive and what is left verify as one trail."
      />
      {list.isPending && (
        <div className="panel">
          <Skeleton lines={6} label="Loading the generations" />
        </div>
      )}
      {list.data === undefined && list.error !== null && <Refusal failure={list.error} onRetry={() => void list.refetch()} />}
      {list.data !== undefined && (
        <>
          <Panel id="kept-generations" title="Closed, in the database">
            {kept.length === 0 ? (
              <EmptyState title="No closed generation is in the database">
                A generation closes when its chain goes on in the next one: with another audit key, or after an incident. It stays at hand for{" "}
                {list.data.keptDays.toLocaleString("en-GB")} days.
              </EmptyState>
            ) : (
              <Table caption="Closed generations whose records are in the database" isLong rows={kept} keyOf={generationKey} columns={[...columns, POSSIBLE]} />
            )}
          </Panel>
          {gone.length > 0 && (
            <Panel id="archived-generations" title="Archived">
              <Table caption="Generations that were archived" isLong rows={gone} keyOf={generationKey} columns={[...columns, ARCHIVED]} />
            </Panel>
          )}
        </>
      )}
      {opened !== undefined && (
        <Dialog title="Closed generation" shape="drawer" isOpen onClose={() => router.replace("/archives", { scroll: false })}>
          <DialogBody>
            <ArchiveDetail key={generationKey(opened)} of={opened} mayAsk={list.data?.mayAsk ?? false} />
          </DialogBody>
        </Dialog>
      )}
    </div>
  );
}

const columnsOf = (open: (generation: ClosedGeneration) => void): readonly Column<ClosedGeneration>[] => [
  {
    key: "generation",
    title: "Generation",
    isHeader: true,
    cell: (each) => (
      <button type="button" className="row-open" onClick={() => open(each)}>
        {each.chain}, generation {each.generation}
      </button>
    ),
  },
  { key: "state", title: "Standing", cell: ({ state }) => <Badge tone={STATE_TONES[state]}>{STATE_WORDS[state]}</Badge> },
  { key: "size", title: "Records", isNumber: true, cell: ({ size }) => size.toLocaleString("en-GB") },
];

const POSSIBLE: Column<ClosedGeneration> = { key: "possible", title: "May be archived from", cell: ({ possibleFrom }) => <Moment at={possibleFrom} /> };
const ARCHIVED: Column<ClosedGeneration> = { key: "archived", title: "Archived", cell: ({ archived }) => (archived === null ? null : <Moment at={archived.at} />) };
