"use client";

import { useState } from "react";
import type { OutputOf } from "../api/procedures.ts";
import { useCall } from "../api/use-call.ts";
import { useWatch, type WatchState } from "../api/use-watch.ts";
import { Refusal } from "../components/refusal.tsx";
import { Badge, PageHead, Panel, Skeleton } from "../components/states.tsx";
import { Segments } from "../components/segments.tsx";
import { clockOf } from "../status/status-text.ts";
import { ChainPanel } from "./chain-panel.tsx";
import { DenialPanel } from "./denial-panel.tsx";
import { NeedsPanel } from "./needs-panel.tsx";
import type { Lookback } from "./outcome-series.ts";
import { PillarStrip } from "./pillar-strip.tsx";
import { FlowTable, ZoneMap } from "./zone-map.tsx";

type Overview = OutputOf<"overview.get">;

/** What the gate is doing now, and what it needs of the reader. It is asked for once, and then told of each change. */
export function OverviewPage() {
  const [hours, setHours] = useState<Lookback>(1);
  const [told, setTold] = useState<{ readonly hours: Lookback; readonly overview: Overview } | null>(null);
  const first = useCall("overview.get", { hours }, { keepsPrevious: true });
  const watch = useWatch("overview.watch", { hours }, (overview) => setTold({ hours, overview }), { enabled: first.isSuccess });
  const overview = told?.hours === hours ? told.overview : first.data;

  return (
    <>
      <PageHead title="Overview" lead="The gate as it is now: its five controls, what crosses, what was refused, and whether the trail is whole.">
        <Liveness watch={watch} at={overview?.at ?? null} />
      </PageHead>
      {overview === undefined ? (
        first.isError ? (
          <Refusal failure={first.error} onRetry={() => void first.refetch()} />
        ) : (
          <OverviewSkeleton />
        )
      ) : (
        <Shown overview={overview} hours={hours} onHours={setHours} />
      )}
    </>
  );
}

function Shown({ overview, hours, onHours }: { readonly overview: Overview; readonly hours: Lookback; readonly onHours: (hours: Lookback) => void }) {
  const { pillars, flows, outcomes, topDenials, chains, needs, fingerprint, at } = overview;
  return (
    <div className="overview">
      <PillarStrip pillars={pillars} />
      <div className="overview-pair">
        <NeedsPanel needs={needs} />
        <Panel id="zones-title" title="Zones and crossings" acts={flows !== null && <span className="quiet">Last minute</span>}>
          <ZoneMap flows={flows} />
          {flows === null ? (
            <p className="quiet zone-note">What crosses, what was refused and how the chains are is shown to those whose role reads the trail.</p>
          ) : (
            <details className="as-table">
              <summary>As a table</summary>
              <FlowTable flows={flows} />
            </details>
          )}
        </Panel>
      </div>
      {outcomes !== null && (
        <Panel
          id="denials-title"
          title="Denials over time"
          acts={
            <Segments
              label="How far back"
              value={String(hours)}
              onChange={(value) => onHours(Number(value) as Lookback)}
              options={[
                { id: "1", text: "1 hour" },
                { id: "24", text: "24 hours" },
                { id: "168", text: "7 days" },
              ]}
            />
          }
        >
          <DenialPanel outcomes={outcomes} topDenials={topDenials} hours={hours} at={at} />
        </Panel>
      )}
      {chains !== null && (
        <Panel id="chains-title" title="Chains">
          <ChainPanel chains={chains} fingerprint={fingerprint} />
        </Panel>
      )}
    </div>
  );
}

/** Whether the page is told of changes as they happen, said once for each change of that. */
function Liveness({ watch, at }: { readonly watch: WatchState; readonly at: string | null }) {
  const isLive = watch.phase === "live" || watch.phase === "connecting";
  return (
    <p className="liveness">
      <output>{isLive ? <Badge tone="stands">Live</Badge> : <Badge tone="caution">{watch.phase === "off" ? "Paused" : "Not live"}</Badge>}</output>
      {at !== null && (
        <span className="quiet">
          As of <time dateTime={at}>{clockOf(at)}</time>
        </span>
      )}
    </p>
  );
}

function OverviewSkeleton() {
  return (
    <div className="overview">
      <div className="panel overview-hold-strip">
        <Skeleton lines={3} label="Loading the overview" />
      </div>
      <div className="panel overview-hold-map">
        <Skeleton lines={6} label="Loading the zones" />
      </div>
    </div>
  );
}
