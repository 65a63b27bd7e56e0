"use client";

import type { ReactNode } from "react";
import type { OutputOf } from "../api/procedures.ts";
import { useCall } from "../api/use-call.ts";
import { Button } from "../components/button.tsx";
import { Dialog, DialogBody } from "../components/dialog.tsx";
import { Icon } from "../components/icon.tsx";
import { Lamp } from "../components/lamp.tsx";
import { Refusal } from "../components/refusal.tsx";
import { Badge, Skeleton } from "../components/states.tsx";
import { Trace } from "../components/trace.tsx";
import { useMay } from "../frame/me.ts";
import { useTell } from "../frame/notices.tsx";
import { outcomeLook } from "./crossing-grid.tsx";
import { outcomeText } from "./filter-chips.ts";
import type { FilterQuery } from "./filter-query.ts";
import { type RecordRef, writeRef } from "./record-ref.ts";
import { ReasonSection } from "./reason-section.tsx";
import { WhySection } from "./why-section.tsx";

type Got = OutputOf<"crossings.get">;

interface RecordDrawerProps {
  readonly at: RecordRef | null;
  readonly onClose: () => void;
  readonly onGo: (ref: RecordRef) => void;
  readonly onFilter: (filter: FilterQuery) => void;
}

/** One record of the trail, whole: how it went, what it says, the exact line, and what covers it. */
export function RecordDrawer({ at, onClose, onGo, onFilter }: RecordDrawerProps) {
  return (
    <Dialog title="Record" shape="drawer" isOpen={at !== null} onClose={onClose}>
      <DialogBody>{at !== null && <Opened key={writeRef(at)} at={at} onGo={onGo} onFilter={onFilter} />}</DialogBody>
    </Dialog>
  );
}

function Opened({ at, onGo, onFilter }: Omit<RecordDrawerProps, "at" | "onClose"> & { readonly at: RecordRef }) {
  const call = useCall("crossings.get", { ...at });
  const mayExplain = useMay("role.read");
  const copy = useCopy();
  return (
    <div className="record">
      <div className="record-where">
        <code>
          {at.chain} · generation {at.generation} · {at.seq.toLocaleString("en-GB")}
        </code>
        <span className="record-steps">
          <Button kind="quiet" isIcon aria-label="The record before in its chain" isDisabled={at.seq <= 1} onPress={() => onGo({ ...at, seq: at.seq - 1 })}>
            <span aria-hidden="true">←</span>
          </Button>
          <Button kind="quiet" isIcon aria-label="The record after in its chain" onPress={() => onGo({ ...at, seq: at.seq + 1 })}>
            <span aria-hidden="true">→</span>
          </Button>
        </span>
      </div>
      {call.isPending && <Skeleton lines={9} label="Loading the record" />}
      {call.isError && <Refusal failure={call.error} onRetry={() => void call.refetch()} />}
      {call.isSuccess && (
        <Whole
          got={call.data}
          onFilter={onFilter}
          reason={"commitment" in call.data.detail ? <ReasonSection at={at} /> : null}
          why={mayExplain && (call.data.crossing.outcome === "allow" || call.data.crossing.outcome === "deny") ? <WhySection at={at} /> : null}
        />
      )}
      <p>
        <Button kind="quiet" onPress={() => copy(`${location.origin}/crossings?record=${encodeURIComponent(writeRef(at))}`, "The link to this record is copied.")}>
          <Icon name="copy" size={16} /> Copy link to this record
        </Button>
      </p>
    </div>
  );
}

interface WholeProps {
  readonly got: Got;
  readonly onFilter: (filter: FilterQuery) => void;
  /** Why it was done, where its act gave a reason. */
  readonly reason: ReactNode;
  /** Why it was decided so, for those who may ask. */
  readonly why: ReactNode;
}

function Whole({ got, onFilter, reason, why }: WholeProps) {
  const { crossing, line, trace, detail, checkpoint, mac, prevMac } = got;
  const copy = useCopy();
  const local = new Date(crossing.at);
  const pairs: readonly (readonly [string, ReactNode])[] = [
    ["Time", `${crossing.at.replace("T", " ").replace("Z", " UTC")}`],
    ["Here", `${local.toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "medium" })} (${Intl.DateTimeFormat().resolvedOptions().timeZone})`],
    ["Who", crossing.principalName === null ? crossing.principal : `${crossing.principalName} (${crossing.principal})`],
    ["As", crossing.role],
    ["From", crossing.workload],
    ["What", crossing.action],
    ["About", crossing.resource],
    ["Where", crossing.site],
    ["Reason", crossing.reason],
    ["Request", crossing.requestId],
    ...Object.entries(detail).map(([name, value]) => [name, value] as const),
  ];
  return (
    <>
      <p className="record-outcome">
        <Lamp look={outcomeLook[crossing.outcome]} size={20} />
        <strong>{outcomeText[crossing.outcome]}</strong>
        <code>{crossing.action}</code>
      </p>
      <Trace trace={trace} />
      {reason}
      {why}
      <section aria-labelledby="record-fields">
        <h3 id="record-fields" className="eyebrow">
          Fields
        </h3>
        <dl className="pairs">
          {pairs.map(([name, value]) => (
            <div key={name} className="pair">
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
        <div className="record-acts">
          {crossing.requestId !== "-" && (
            <Button kind="quiet" onPress={() => onFilter({ requestId: crossing.requestId })}>
              All of this request
            </Button>
          )}
          {crossing.principal !== "-" && (
            <Button kind="quiet" onPress={() => onFilter({ principal: crossing.principal })}>
              All of this principal
            </Button>
          )}
        </div>
      </section>
      <section aria-labelledby="record-cover">
        <h3 id="record-cover" className="eyebrow">
          Checkpoint
        </h3>
        {checkpoint === null ? (
          <p>
            <Badge tone="caution">Not covered yet</Badge> No signed checkpoint covers this record so far. One follows within a minute of an append.
          </p>
        ) : (
          <>
            <p>
              <Badge tone="stands">Covered</Badge> Signed up to {checkpoint.size.toLocaleString("en-GB")} at {checkpoint.at.replace("T", " ").replace("Z", " UTC")}.
            </p>
            <p className="quiet">
              Root <code className="hex">{checkpoint.root}</code>
            </p>
          </>
        )}
      </section>
      <section aria-labelledby="record-line">
        <div className="record-line-head">
          <h3 id="record-line" className="eyebrow">
            Canonical line
          </h3>
          <Button kind="quiet" onPress={() => copy(line, "The canonical line is copied.")}>
            <Icon name="copy" size={16} /> Copy
          </Button>
        </div>
        <pre className="raw-line">{line}</pre>
        <dl className="pairs quiet">
          <div className="pair">
            <dt>MAC</dt>
            <dd className="hex">{mac}</dd>
          </div>
          <div className="pair">
            <dt>Before it</dt>
            <dd className="hex">{prevMac}</dd>
          </div>
        </dl>
      </section>
    </>
  );
}

function useCopy(): (text: string, done: string) => void {
  const tell = useTell();
  return (text, done) => {
    navigator.clipboard.writeText(text).then(
      () => tell({ tone: "done", text: done }),
      () => tell({ tone: "caution", text: "The browser did not let it be copied." }),
    );
  };
}
