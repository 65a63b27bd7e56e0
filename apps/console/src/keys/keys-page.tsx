"use client";

import dynamic from "next/dynamic";
import { useRouter, useSearchParams } from "next/navigation";
import { useCall } from "../api/use-call.ts";
import { Dialog, DialogBody } from "../components/dialog.tsx";
import { Moment } from "../components/moment.tsx";
import { Refusal } from "../components/refusal.tsx";
import { Badge, EmptyState, PageHead, Panel, Skeleton } from "../components/states.tsx";
import { type Column, Table } from "../components/table.tsx";
import { type Certificate, dueText, isRewrapping, RING_ABOUT, RING_TEXT, type Rewrap, rewrapShare, type Ring } from "./ring-text.ts";
import { RingTimeline } from "./ring-timeline.tsx";

const Reencryptions = dynamic(async () => (await import("./reencryptions.tsx")).Reencryptions, { ssr: false });
const KeyChecklist = dynamic(async () => (await import("./key-checklist.tsx")).KeyChecklist, { ssr: false });
const RingDrawer = dynamic(async () => (await import("./ring-drawer.tsx")).RingDrawer, { ssr: false });

/** While data keys are wrapped anew, and otherwise: every look counts them all. */
const EVERY_MS = { busy: 10_000, quiet: 60_000 } as const;

/** Every ring of keys: since when, until when, what is overdue, and how far data keys are wrapped anew. */
export function KeysPage() {
  const router = useRouter();
  const query = useSearchParams();
  const list = useCall("keys.rings", {}, { everyMs: EVERY_MS.quiet });
  const { rings = [], certificates = [], rewraps = [], reencryptions = [], mayStep = false } = list.data ?? {};
  useCall("keys.rings", {}, { everyMs: EVERY_MS.busy, enabled: isRewrapping(rings) });
  const opened = rings.find(({ ring }) => ring === query.get("ring"));
  return (
    <div className="stack keys">
      <PageHead title="Keys" lead="The custodian's rings of keys. Each turns step by step: every step is proven first, and can be turned back until the key before is retired." />
      {list.isPending && (
        <div className="panel">
          <Skeleton lines={6} label="Loading the rings" />
        </div>
      )}
      {list.data === undefined && list.error !== null && <Refusal failure={list.error} onRetry={() => void list.refetch()} />}
      {list.data !== undefined && (
        <>
          <Panel id="rings" title="Rings">
            <RingTimeline rings={rings} nowMs={list.dataUpdatedAt} />
            <Table
              caption="Rings of keys, what is overdue first"
              rows={rings}
              keyOf={({ ring }) => ring}
              columns={ringColumns((ring) => router.replace(`/keys?ring=${ring}`, { scroll: false }))}
            />
          </Panel>
          <Panel id="certificates" title="Certificates">
            <Table
              caption="The newest certificate of each workload, what ends first at the top"
              rows={certificates}
              keyOf={({ workload }) => workload}
              columns={CERTIFICATE_COLUMNS}
            />
          </Panel>
          <Panel id="root" title="Root key">
            <p>It opens the custodian&rsquo;s store, and is moved to another place offline, with everything stopped.</p>
            <button type="button" className="row-open" onClick={() => router.replace("/keys?ring=root", { scroll: false })}>
              Checklist of a move
            </button>
          </Panel>
          <Panel id="rewraps" title="Data keys wrapped anew">
            {rewraps.length === 0 ? (
              <EmptyState title="Nothing was wrapped anew yet">
                When another key wraps data keys, those that there are get wrapped under it in the background, and how far that is stands here.
              </EmptyState>
            ) : (
              <Table caption="Re-wraps, the newest first" rows={rewraps} keyOf={({ from, to }) => `${from} ${to}`} columns={REWRAP_COLUMNS} />
            )}
          </Panel>
          <Reencryptions jobs={reencryptions} mayStep={mayStep} />
        </>
      )}
      {query.get("ring") === "root" && (
        <Dialog title="Root key" shape="drawer" isOpen onClose={() => router.replace("/keys", { scroll: false })}>
          <DialogBody reads="Moving the root key">
            <p className="advice">Who moves it works on the custodian&rsquo;s host, by the runbook move-root-key. Nobody does from here.</p>
            <KeyChecklist ring="root" />
          </DialogBody>
        </Dialog>
      )}
      {opened !== undefined && (
        <Dialog title={`Ring: ${RING_TEXT[opened.ring]}`} shape="drawer" isOpen onClose={() => router.replace("/keys", { scroll: false })}>
          <RingDrawer key={opened.ring} ring={opened} mayStep={mayStep} />
        </Dialog>
      )}
    </div>
  );
}

const activeOf = ({ keys }: Ring): Ring["keys"][number] | undefined => keys.find(({ state }) => state === "active");

const ringColumns = (open: (ring: Ring["ring"]) => void): readonly Column<Ring>[] => [
  {
    key: "ring",
    title: "Ring",
    isHeader: true,
    cell: ({ ring }) => (
      <button type="button" className="row-open" onClick={() => open(ring)}>
        {RING_TEXT[ring]}
      </button>
    ),
  },
  { key: "about", title: "What for", isWide: true, cell: ({ ring }) => RING_ABOUT[ring] },
  {
    key: "state",
    title: "State",
    cell: (ring) => {
      const due = dueText(ring);
      return due === null ? <Badge tone="stands">in order</Badge> : <Badge tone="shut">{due}</Badge>;
    },
  },
  { key: "key", title: "In use", cell: (ring) => <code>{activeOf(ring)?.keyId ?? "–"}</code> },
  {
    key: "since",
    title: "Since",
    cell: (ring) => {
      const active = activeOf(ring);
      return active === undefined ? "–" : <Moment at={active.from} />;
    },
  },
  { key: "due", title: "To be replaced by", cell: ({ dueAt }) => (dueAt === null ? "–" : <Moment at={dueAt} />) },
  { key: "wraps", title: "Data keys", isNumber: true, isWide: true, cell: (ring) => (ring.ring === "kek" ? (activeOf(ring)?.dataKeys?.toLocaleString("en-GB") ?? "–") : "–") },
];

const CERTIFICATE_COLUMNS: readonly Column<Certificate>[] = [
  { key: "workload", title: "Held by", isHeader: true, cell: ({ workload }) => <code>{workload}</code> },
  {
    key: "state",
    title: "State",
    cell: ({ isLate, isShown }) =>
      isLate ? <Badge tone="shut">renewal is late</Badge> : isShown ? <Badge tone="stands">in use</Badge> : <Badge tone="neutral">not seen in use yet</Badge>,
  },
  { key: "issuer", title: "Issued by", cell: ({ issuer }) => <code>{issuer}</code> },
  { key: "serial", title: "Serial number", isWide: true, cell: ({ serial }) => <code className="verdict-key">{serial}</code> },
  { key: "renewal", title: "Renewed from", cell: ({ renewal }) => <Moment at={renewal} /> },
  { key: "end", title: "Ends", cell: ({ notAfter }) => <Moment at={notAfter} /> },
];

const REWRAP_COLUMNS: readonly Column<Rewrap>[] = [
  { key: "what", title: "From, to", isHeader: true, cell: ({ from, to }) => <code>{`${from} → ${to}`}</code> },
  { key: "began", title: "Began", cell: ({ beganAt }) => <Moment at={beganAt} /> },
  {
    key: "done",
    title: "Done",
    cell: (job) => {
      const share = rewrapShare(job);
      return share === null ? "not known" : <progress className="rewrap-bar" max={100} value={share} aria-label={`${job.from} to ${job.to}: ${share} percent done`} />;
    },
  },
  { key: "moved", title: "Moved", isNumber: true, cell: ({ moved }) => moved.toLocaleString("en-GB") },
  { key: "left", title: "Left", isNumber: true, cell: ({ left }) => left?.toLocaleString("en-GB") ?? "–" },
  { key: "stuck", title: "Don't open", isNumber: true, cell: ({ stuck }) => (stuck === 0 ? "0" : <Badge tone="shut">{stuck.toLocaleString("en-GB")}</Badge>) },
];
