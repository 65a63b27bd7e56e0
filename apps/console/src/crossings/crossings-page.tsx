"use client";

import dynamic from "next/dynamic";
import { useSearchParams } from "next/navigation";
import { useCallback, useMemo, useState } from "react";
import type { WatchState } from "../api/use-watch.ts";
import { Button } from "../components/button.tsx";
import { Refusal } from "../components/refusal.tsx";
import { Badge, EmptyState, PageHead, Skeleton } from "../components/states.tsx";
import { useMay } from "../frame/me.ts";
import { ArchivedNotice } from "../archives/archived-notice.tsx";
import { CrossingGrid } from "./crossing-grid.tsx";
import { FilterBar } from "./filter-bar.tsx";
import { type FilterQuery, olderThan, readFilter, writeFilter } from "./filter-query.ts";
import { readRef, type RecordRef, writeRef } from "./record-ref.ts";
import { type RecordWindow, rowAt, rowCount, totalText } from "./record-window.ts";
import { ROWS_MAX, useCrossings } from "./use-crossings.ts";
import { useOnceWanted } from "./use-once-wanted.ts";

// What opens over the list is fetched when it is first wanted.
const RecordDrawer = dynamic(async () => (await import("./record-drawer.tsx")).RecordDrawer, { ssr: false });
const VerifyDialog = dynamic(async () => (await import("./verify-dialog.tsx")).VerifyDialog, { ssr: false });
const ExportDialog = dynamic(async () => (await import("./export-dialog.tsx")).ExportDialog, { ssr: false });

/** Puts a filter and the open record into the page's address, so that the address is a link to what is shown. It asks nothing of the server. */
function goTo(filter: FilterQuery, record: RecordRef | null): void {
  const query = writeFilter(filter);
  if (record !== null) query.set("record", writeRef(record));
  const text = query.toString();
  history.pushState(null, "", `/crossings${text === "" ? "" : `?${text}`}`);
}

/** What of these columns is in the first pages, for the filter to offer. */
function seenIn({ pages, live }: RecordWindow) {
  const rows = [...live.slice(0, 100), ...(pages[0]?.items ?? [])];
  const distinct = (values: readonly string[]): readonly string[] =>
    [...new Set(values)]
      .filter((value) => value !== "-" && value !== "")
      .toSorted((a, b) => a.localeCompare(b, "en"))
      .slice(0, 50);
  return {
    principal: distinct(rows.map(({ principal }) => principal)),
    action: distinct(rows.map(({ action }) => action)),
    reason: distinct(rows.map(({ reason }) => reason)),
    study: distinct(rows.map(({ site }) => site.split("/")[0] ?? "")),
    site: distinct(rows.map(({ site }) => site.split("/")[1] ?? "")),
  };
}

/** The trail: what crossed, what was refused, and proof that nothing is missing. */
export function CrossingsPage() {
  const params = useSearchParams();
  const query = useMemo(() => readFilter(new URLSearchParams(params.toString())), [params]);
  const record = readRef(params.get("record"));
  const [isAtTop, setAtTop] = useState(true);
  const [isPaused, setPaused] = useState(false);
  const [active, setActive] = useState(0);
  const [dialog, setDialog] = useState<"verify" | "export" | null>(null);
  // New rows move what is below them: they come in only where nobody is reading further down.
  const isFollowing = isAtTop && !isPaused && active === 0 && record === null;
  const crossings = useCrossings(query, isFollowing);
  const { window: records } = crossings;
  const [mayVerify, mayExport] = [useMay("trail.verify"), useMay("trail.export")];
  const rows = rowCount(records);

  const filterBy = useCallback((filter: FilterQuery) => {
    setActive(0);
    setAtTop(true);
    goTo(filter, null);
  }, []);
  const showNew = () => {
    setActive(0);
    setAtTop(true);
    crossings.showNew();
  };
  const lastRow = rowAt(records, rows - 1);

  return (
    <div className="crossings">
      <PageHead title="Crossings" lead="Every decision at the gate, as it stands on the trail.">
        {mayVerify && <Button onPress={() => setDialog("verify")}>Verify</Button>}
        {mayExport && <Button onPress={() => setDialog("export")}>Export</Button>}
      </PageHead>
      <FilterBar filter={query} onFilter={filterBy} seen={useMemo(() => seenIn(records), [records])} />
      <div className="grid-bar">
        <output className="quiet">{records.total === null ? "" : `${totalText(records)} ${records.total.count === 1 && !records.total.isMore ? "record" : "records"}`}</output>
        <Tail watch={crossings.watch} isFollowing={isFollowing} isPaused={isPaused} onPause={setPaused} />
      </div>
      <ArchivedNotice archived={crossings.archived} />
      <div className="grid-place">
        {records.waiting.length > 0 && (
          <button type="button" className="new-pill" onClick={showNew}>
            {records.isOverrun ? "1,000+" : records.waiting.length.toLocaleString("en-GB")} new
          </button>
        )}
        {crossings.isOpening && (
          <div className="panel">
            <Skeleton lines={10} label="Loading crossings" />
          </div>
        )}
        {rows > 0 && (
          <CrossingGrid
            key={crossings.list}
            window={records}
            active={Math.min(active, rows - 1)}
            onActive={setActive}
            onOpen={(crossing) => goTo(query, crossing)}
            onLook={crossings.look}
            onTop={setAtTop}
          />
        )}
        {rows === 0 && !crossings.isOpening && crossings.failure === null && (
          <EmptyState title="Nothing matches this filter">
            <p>Take a part of it off, or look further back.</p>
            {crossings.searchableUntil !== null && <p>The search knows everything up to {crossings.searchableUntil.slice(0, 19).replace("T", " ")} UTC.</p>}
          </EmptyState>
        )}
      </div>
      {crossings.failure !== null && <Refusal failure={crossings.failure} onRetry={crossings.retry} isInline={rows > 0} />}
      {rows >= ROWS_MAX && lastRow !== undefined && (
        <p>
          <Button onPress={() => filterBy(olderThan(query, lastRow.at))}>Go on to what is older</Button>
        </p>
      )}
      {useOnceWanted(record !== null) && <RecordDrawer at={record} onClose={() => goTo(query, null)} onGo={(ref) => goTo(query, ref)} onFilter={filterBy} />}
      {useOnceWanted(dialog === "verify") && <VerifyDialog isOpen={dialog === "verify"} chain={query.chain ?? null} onClose={() => setDialog(null)} />}
      {useOnceWanted(dialog === "export") && <ExportDialog isOpen={dialog === "export"} query={query} filter={crossings.filter ?? {}} onClose={() => setDialog(null)} />}
    </div>
  );
}

interface TailProps {
  readonly watch: WatchState;
  readonly isFollowing: boolean;
  readonly isPaused: boolean;
  readonly onPause: (isPaused: boolean) => void;
}

/** Whether new crossings come in by themselves. */
function Tail({ watch, isFollowing, isPaused, onPause }: TailProps) {
  if (watch.phase === "off") return null;
  const isBroken = watch.phase === "waiting" || watch.phase === "refused";
  return (
    <div className="tail">
      <output>
        {isBroken ? <Badge tone="caution">Not live</Badge> : isFollowing ? <Badge tone="stands">Live</Badge> : <Badge>{isPaused ? "Paused" : "Paused while you read"}</Badge>}
      </output>
      <Button kind="quiet" onPress={() => onPause(!isPaused)}>
        {isPaused ? "Follow" : "Pause"}
      </Button>
    </div>
  );
}
